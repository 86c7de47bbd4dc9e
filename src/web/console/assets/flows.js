// A picture wider than its frame begins in view: where the flow begins.

const pane = document.querySelector(".picture-pane");
const first = pane?.querySelector(".node.way-in, .node.card");
if (first && pane.scrollWidth > pane.clientWidth) {
  const [at, view] = [first.getBoundingClientRect(), pane.getBoundingClientRect()];
  pane.scrollLeft += at.left + at.width / 2 - view.left - view.width / 2;
}
