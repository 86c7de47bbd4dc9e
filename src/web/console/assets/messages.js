// The bubbles on the phone: what came is typed out before it shows, what is held is said so. An email
// shows as the notice that the lead's phone would give.

import { $, calm, el, icon, linked, pause } from "./dom.js";
import * as clock from "./clock.js";

const GAP_MS = 20 * 60 * 1000;
const HOLDS = {
  quiet_hours: "quiet hours",
  cap: "the cap on messages",
  send_window: "the flow's send window",
  scheduled: "a later time",
};

const list = $("messages");
let shown = new Map();
let lastAt = 0;
let settled = false;
let queue = Promise.resolve();
let generation = 0;
let publicUrl = "";
let skip = null;

export function setPublicUrl(url) {
  publicUrl = url;
}

// What the button beside a held text does.
export function onSkip(handler) {
  skip = handler;
}

export function clear() {
  generation += 1;
  shown = new Map();
  lastAt = 0;
  settled = false;
  queue = Promise.resolve();
  list.replaceChildren();
}

// What was typed here, before the server has it.
export function sending(text) {
  const bubble = el("div", { class: "bubble mine pending" }, el("span", { class: "words", text }), ticks("✓"));
  list.append(bubble);
  scroll();
  return bubble;
}

function ticks(mark) {
  const name = mark === "✓" ? "sending" : "delivered";
  return el("span", { class: "ticks", text: mark, "aria-label": name, role: "img" });
}

export function render(bubbles, letters) {
  const mine = generation;
  // "Today" of yesterday is yesterday's.
  for (const label of list.querySelectorAll(".stamp")) {
    label.textContent = clock.dayAndHour(Number(label.dataset.at));
  }
  const mail = letters.map((line) => ({ ...line, from: "mail" }));
  const arrived = [...bubbles, ...mail].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq);
  const first = !settled;
  settled = true;
  for (const bubble of arrived) {
    const key = `${bubble.seq}:${visible(bubble) ? "said" : bubble.status}`;
    if (shown.has(key)) continue;
    shown.set(key, true);
    if (bubble.from === "lead") drop(bubble);
    queue = queue.then(() => (mine === generation ? arrive(bubble, first) : undefined));
  }
  return queue;
}

// A held text that left: its note goes, its bubble comes.
function visible(bubble) {
  return bubble.from !== "us" || ["sent", "delivered", "uncertain"].includes(bubble.status);
}

// The bubble of `sending` gives way to the real one.
function drop(bubble) {
  for (const pending of list.querySelectorAll(".pending")) {
    if (pending.querySelector(".words").textContent === bubble.text) {
      pending.remove();
      return;
    }
  }
}

async function arrive(bubble, first) {
  if (bubble.from === "us" && !visible(bubble)) {
    note(bubble);
    scroll();
    return;
  }
  list.querySelector(`[data-note="${bubble.seq}"]`)?.remove();
  if (bubble.from === "us" && !first && !calm()) {
    const mine = generation;
    const dots = el("div", { class: "bubble theirs typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    list.append(dots);
    scroll();
    await pause(Math.min(1100, 420 + bubble.text.length * 4));
    dots.remove();
    if (mine !== generation) return;
  }
  stamp(Date.parse(bubble.at));
  list.append(bubble.from === "us" ? theirs(bubble) : bubble.from === "mail" ? letter(bubble) : own(bubble));
  scroll();
}

function stamp(at) {
  if (at - lastAt > GAP_MS) {
    list.append(el("div", { class: "stamp", data: { at: String(at) }, text: clock.dayAndHour(at) }));
  }
  lastAt = at;
}

function theirs(bubble) {
  const words = el("span", { class: "words" });
  words.append(linked(bubble.text, publicUrl));
  const parts = bubble.parts > 1 ? `, ${bubble.parts} parts` : "";
  const said = `${clock.dayAndHour(Date.parse(bubble.at))}${parts}`;
  const made = el("div", { class: "bubble theirs", title: said }, words);
  for (const media of bubble.media || []) made.append(el("span", { class: "media", text: media }));
  return made;
}

function own(bubble) {
  const said = clock.dayAndHour(Date.parse(bubble.at));
  return el("div", { class: "bubble mine", title: said }, el("span", { class: "words", text: bubble.text }), ticks("✓✓"));
}

function letter({ at, email }) {
  const text = el("div", { class: "mail-text" });
  text.append(linked(email.text, publicUrl));
  const head = el("span", { class: "mail-head" }, el("b", { text: email.subject }), el("span", { text: `Email to ${email.to}` }));
  const mail = el("summary", { title: clock.dayAndHour(Date.parse(at)) }, icon("email"), head);
  return el("details", { class: "mail" }, mail, text);
}

function note(bubble) {
  list.querySelector(`[data-note="${bubble.seq}"]`)?.remove();
  let text = null;
  if (bubble.held) {
    const until = bubble.held.until ? ` until ${clock.dayAndHour(Date.parse(bubble.held.until))}` : "";
    text = `A text is held${until}: ${HOLDS[bubble.held.reason] || bubble.held.reason}`;
  } else if (["failed", "undelivered"].includes(bubble.status)) text = "A text could not be sent";
  else if (bubble.status === "cancelled") text = "A text was taken back before it left";
  if (!text) return;
  const made = el("div", { class: "note", data: { note: String(bubble.seq) } }, text);
  if (bubble.held?.until && skip) {
    made.append(el("button", { type: "button", class: "skip-ahead", text: "Fast-forward to it", on: { click: skip } }));
  }
  list.append(made);
}

// What stands below the last bubble once the conversation is over; nothing for an empty text.
export function ended(text) {
  const mine = generation;
  queue = queue.then(() => {
    if (mine !== generation || list.querySelector(".note.over:last-child")?.textContent === text) return;
    list.querySelectorAll(".note.over").forEach((note) => note.remove());
    if (!text) return;
    list.append(el("div", { class: "note over", text }));
    scroll();
  });
}

export function scroll() {
  list.scrollTo({ top: list.scrollHeight, behavior: calm() ? "auto" : "smooth" });
}

export const holdReason = (reason) => HOLDS[reason] || reason;
