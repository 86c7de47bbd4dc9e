// Sends a file as it is, and shows how far that is; the server says where to look at it.

const form = document.getElementById("upload");

function fail(text) {
  const wrong = document.getElementById("wrong");
  wrong.textContent = text;
  wrong.hidden = false;
  document.getElementById("sending").hidden = true;
  form.querySelector("button").disabled = false;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = document.getElementById("file").files[0];
  if (!file) return;
  const bar = document.getElementById("sending");
  document.getElementById("wrong").hidden = true;
  bar.hidden = false;
  form.querySelector("button").disabled = true;
  const request = new XMLHttpRequest();
  request.open("POST", "/import");
  request.setRequestHeader("content-type", "application/octet-stream");
  request.setRequestHeader("x-file-name", encodeURIComponent(file.name));
  request.upload.addEventListener("progress", (at) => {
    if (at.lengthComputable) bar.value = (100 * at.loaded) / at.total;
  });
  request.addEventListener("load", () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // Not JSON: the status must do.
    }
    if (request.status === 200 && answer.to) location.assign(answer.to);
    else fail(answer.detail ?? `The server answered ${request.status}.`);
  });
  request.addEventListener("error", () => fail("The server cannot be reached."));
  request.send(file);
});
