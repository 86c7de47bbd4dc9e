// The inbox by the keyboard: which conversation is open, what a key does, and the thread that stays at
// its end.

import { $ } from "./dom.js";
import { get, post } from "./api.js";
import { say } from "./live.js";
import { size } from "./sms.js";

const queue = () => $("queue");
const items = () => [...document.querySelectorAll("#queue .item")];
const narrow = matchMedia("(max-width: 800px)");

// ---- which one is open ----

const openId = () => $("talk-body")?.dataset.conversation;

function mark() {
  const open = openId();
  $("inbox").toggleAttribute("data-open", Boolean(open));
  for (const item of items()) {
    if (item.id === `item-${open}`) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
}

// On a small screen the lead's side lies over the thread when it is asked for.
let about = false;
function showAbout() {
  $("talk").toggleAttribute("data-about", about);
  const head = document.querySelector(".talk-head");
  // The height of the head above it, which grows with what can be done.
  if (head) $("talk").style.setProperty("--head", `${head.offsetHeight}px`);
  $("about")?.setAttribute("aria-pressed", String(about));
}
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#about")) return;
  about = !about;
  showAbout();
});

// What was not in the list before lights up once.
let known = new Set(items().map((item) => item.id));
function light() {
  for (const item of items()) {
    if (!known.has(item.id) && item.hasAttribute("data-open-handoff")) {
      item.setAttribute("data-fresh", "");
    }
  }
  known = new Set(items().map((item) => item.id));
}

function move(by) {
  const all = items();
  if (!all.length) return;
  const at = all.findIndex((item) => item.hasAttribute("aria-current"));
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  if (!next || next.hasAttribute("aria-current")) return;
  next.scrollIntoView({ block: "nearest" });
  next.click();
}

// ---- the thread stays at its end, unless somebody reads further up ----

let atEnd = true;
const near = (thread) => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;

function toEnd() {
  const thread = $("thread");
  if (thread && atEnd) thread.scrollTop = thread.scrollHeight;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const thread = $("thread");
  const stays = event.detail.target?.id === "talk-body";
  atEnd = !thread || !stays || near(thread);
});

document.addEventListener("htmx:afterSwap", () => {
  mark();
  showAbout();
  light();
  offerTemplates();
  toEnd();
  measure();
});

// ---- writing ----

const field = () => document.querySelector("#composer textarea");
const noteField = () => document.querySelector("#note-form textarea");

// To the lead or to the team: the field for it follows.
function writeTo(whom) {
  const choice = $(whom);
  if (!choice) return false;
  choice.checked = true;
  const box = whom === "to-team" ? noteField() : field();
  box?.focus();
  return Boolean(box);
}
// By the mouse alone: arrow keys go from one to the other and stay there.
document.addEventListener("click", (event) => {
  if (event.target.name === "to" && event.detail > 0) writeTo(event.target.id);
});

function measure() {
  const text = field()?.value ?? "";
  const shown = $("size");
  if (!shown) return;
  if (!text) {
    shown.textContent = "";
    return;
  }
  const { encoding, units, parts, room } = size(text);
  const bold = document.createElement("b");
  bold.textContent = parts === 1 ? "1 part" : `${parts} parts`;
  shown.replaceChildren(bold, ` · ${room - units} left · `);
  const name = document.createElement("span");
  name.textContent = encoding;
  if (encoding === "UCS-2") {
    name.className = "dear";
    name.title = "A character outside the GSM alphabet makes parts less than half as long";
  }
  shown.append(name);
}

document.addEventListener("input", (event) => {
  if (event.target === field()) measure();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const sent = event.detail.elt?.id;
  if (!["composer", "note-form"].includes(sent) || !event.detail.successful) return;
  const box = sent === "composer" ? field() : noteField();
  if (box) box.value = "";
  atEnd = true;
  toEnd();
  measure();
});

// What is said often: chosen by name, filled in for the lead, and then the agent's own to change.
let templates = null;
async function offerTemplates() {
  const list = $("template");
  if (!list || list.options.length > 1) return;
  try {
    templates ??= get(list.dataset.from);
    const { data } = await templates;
    for (const { name } of data) list.add(new Option(name.replaceAll("_", " "), name));
    list.hidden = data.length === 0;
  } catch (error) {
    templates = null;
    say(error.message);
  }
}

document.addEventListener("change", async (event) => {
  const list = event.target;
  if (list.id !== "template" || !list.value) return;
  const box = field();
  try {
    const { text } = await post(`/v1/conversations/${openId()}/preview`, { template: list.value });
    box.value = box.value.trim() ? `${box.value.trimEnd()} ${text}` : text;
    box.focus();
    measure();
  } catch (error) {
    say(error.message);
  }
  list.value = "";
});

// ---- keys ----

const kept = "replytree.keys";
const on = $("keys-on");
try {
  on.checked = localStorage.getItem(kept) !== "off";
} catch {
  // Then they act, as by default.
}
on.addEventListener("change", () => {
  try {
    localStorage.setItem(kept, on.checked ? "on" : "off");
  } catch {
    // As long as the page.
  }
});
$("keys-button").addEventListener("click", () => $("keys").showModal());

const writes = (element) => element?.closest?.("input, textarea, select, [contenteditable]");

function use(key) {
  const target = document.querySelector(`#talk [data-key="${key}"]`);
  if (!target || target.disabled) return false;
  if (writes(target)) target.focus();
  else target.click();
  return true;
}

// What cannot be taken back is only gone to: Enter says it, Tab goes on to the next.
function goTo(key) {
  document.querySelector(`#talk [data-key="${key}"]`)?.focus({ focusVisible: true });
}

// With none open, `c` takes the hottest.
function claim() {
  if (use("c") || openId()) return;
  const first = document.querySelector("#queue [data-open-handoff]");
  if (!first) return;
  document.addEventListener("htmx:afterSettle", () => use("c"), { once: true });
  first.click();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  c: claim,
  p: () => use("p"),
  r: () => writeTo("to-lead"),
  n: () => writeTo("to-team"),
  s: () => use("s"),
  t: () => use("t"),
  g: () => use("g"),
  o: () => goTo("o"),
  "/": () => $("search").focus(),
  "?": () => $("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  const inField = writes(event.target);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && inField?.form?.matches(".composer")) {
    event.preventDefault();
    inField.form.requestSubmit();
    return;
  }
  if (event.key === "Escape" && inField) {
    inField.blur();
    return;
  }
  if (inField || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if ($("keys").open || (!on.checked && event.key !== "?")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// On a phone the way back is the browser's own, so that the list is where it was left.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("a.back") || !narrow.matches || history.length < 2) return;
  $("inbox").removeAttribute("data-open");
});

mark();
offerTemplates();
toEnd();
measure();
