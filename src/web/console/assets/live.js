// Keeps the live parts of a page live. `[data-live]` names the topics a part shows; when one is heard
// the part fetches itself again (`hx-trigger="live"`). One stream for the page, closed while nobody
// looks at it: a browser has few connections to give, and each tab would hold one.

import { el } from "./dom.js";

const HIDDEN_MS = 20000;
const AGAIN_MS = [500, 1000, 2000, 5000, 10000];

let source = null;
let topics = "";
let tries = 0;
let retry = null;
let away = null;

const parts = () => [...document.querySelectorAll("[data-live]")];

function wanted() {
  const names = parts().flatMap((part) => part.dataset.live.split(/\s+/));
  return [...new Set(names)].filter(Boolean).sort().join(" ");
}

// A part that costs more says how often at most: `data-every`, in milliseconds. It is then woken at
// the end of that time, so that the last thing that happened is never missed.
const due = new WeakMap();
function wake(part) {
  const every = Number(part.dataset.every) || 0;
  if (!every) {
    window.htmx.trigger(part, "live");
    return;
  }
  if (due.has(part)) return;
  const later = setTimeout(() => {
    due.delete(part);
    if (part.isConnected) window.htmx.trigger(part, "live");
  }, every);
  due.set(part, later);
}

function heard(names) {
  for (const part of parts()) {
    if (part.dataset.live.split(/\s+/).some((name) => names.has(name))) wake(part);
  }
}

function close() {
  source?.close();
  source = null;
}

// `missed`: something may have happened while nobody listened.
function open(missed) {
  clearTimeout(retry);
  close();
  topics = wanted();
  if (!topics) return;
  const mine = new EventSource(`/live?topics=${encodeURIComponent(topics)}`);
  source = mine;
  mine.addEventListener("open", () => {
    document.documentElement.dataset.stream = "open";
    if (missed || tries > 0) parts().forEach(wake);
    tries = 0;
  });
  mine.addEventListener("heard", (event) => heard(new Set(event.data.split(" "))));
  mine.addEventListener("missed", () => parts().forEach(wake));
  mine.addEventListener("error", () => {
    if (mine !== source) return;
    close();
    document.documentElement.dataset.stream = "closed";
    retry = setTimeout(() => open(true), AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
    tries += 1;
  });
}

// A part that came or went brings other topics.
function again() {
  if (wanted() !== topics) open(false);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(away);
  if (document.hidden) away = setTimeout(close, HIDDEN_MS);
  else if (!source) open(true);
});

// A page that was left may be kept for the way back, and its stream with it: six of them, and the
// browser has no connection left.
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) open(true);
});

// What a person is typing is theirs: a field marked so is never changed from outside.
if (window.Idiomorph) {
  window.Idiomorph.defaults.ignoreActiveValue = true;
  window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (before, after) =>
    !(before.id && before.id === after.id && before.matches?.("[data-keep]"));
}

// A refusal is said in the server's own words.
let fading = null;
export function say(text, kind = "bad") {
  const toast = document.getElementById("toast");
  clearTimeout(fading);
  toast.replaceChildren(el("p", { class: kind, text }));
  fading = setTimeout(() => toast.replaceChildren(), 6000);
}

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  let said = `The server answered ${xhr.status}.`;
  try {
    const problem = JSON.parse(xhr.responseText);
    said = problem.detail || problem.title || said;
  } catch {
    // Not one of the server's problems: its number must do.
  }
  if (xhr.status === 401) said = "You are signed out. Open the page again to sign in.";
  say(said);
});
document.addEventListener("htmx:sendError", () => say("The server cannot be reached."));
document.addEventListener("htmx:afterSettle", again);

// ---- times ----

// How far the server's clock is ahead: in the sandbox it can be moved.
let ahead = 0;
function clock(root) {
  const at = (root.matches?.("[data-now]") && root) || root.querySelector?.("[data-now]");
  if (at) ahead = Date.parse(at.dataset.now) - Date.now();
}
export const now = () => Date.now() + ahead;

// As `span` on the server says it.
export function span(ms) {
  const s = Math.floor(Math.abs(ms) / 1000);
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")} min`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

// `[data-until]` counts down and past, `[data-since]` counts up, `[data-at]` is written as the reader
// writes times.
export function tick(root = document) {
  for (const time of root.querySelectorAll("[data-until]")) {
    const left = Date.parse(time.dataset.until) - now();
    time.textContent = left >= 0 ? span(left) : `${span(left)} late`;
    const of = Number(time.dataset.of) || 600000;
    time.dataset.urgency = left < 0 ? "late" : left < of / 3 ? "soon" : "calm";
  }
  for (const time of root.querySelectorAll("[data-since]")) {
    time.textContent = span(now() - Date.parse(time.dataset.since));
  }
}

const day = (date) => date.toDateString();
export function write(root = document) {
  for (const time of root.querySelectorAll("time[data-at]")) {
    const at = new Date(time.dateTime);
    const hour = at.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
    const same = day(at) === day(new Date(now()));
    const date = at.toLocaleDateString([], { weekday: "short", month: "short", day: "numeric" });
    time.title = at.toLocaleString();
    time.textContent = time.dataset.at === "hour" || same ? hour : `${date}, ${hour}`;
  }
  for (const time of root.querySelectorAll("time[data-day]")) {
    const at = new Date(time.dateTime);
    const same = day(at) === day(new Date(now()));
    time.textContent = same ? "Today" : at.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
  }
}

document.addEventListener("htmx:afterSwap", (event) => {
  const root = event.detail.elt?.isConnected ? event.detail.elt : document;
  clock(root);
  write(document);
  tick();
});

// Parts that were shown without what takes long to count.
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  for (const part of root.querySelectorAll("[data-waits]")) window.htmx.trigger(part, "live");
});

clock(document.body);
write();
tick();
setInterval(tick, 1000);
open(false);
