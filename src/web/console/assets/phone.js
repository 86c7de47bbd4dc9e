// The phone page: the lead's phone, the clock in hand, and the flow live beside them. Every change
// goes through the API; after each, and whenever the server says that something happened, all that is
// shown is read anew.

import { $, el } from "./dom.js";
import * as api from "./api.js";
import * as agents from "./agents.js";
import * as clock from "./clock.js";
import * as lead from "./lead.js";
import * as map from "./map.js";
import * as messages from "./messages.js";
import * as story from "./story.js";

const start = JSON.parse($("start").textContent);
const POLL_MS = 4000;
const narrow = matchMedia("(max-width: 799px)");
const HEARD = [
  "message",
  "reply",
  "handoff.opened",
  "handoff.claimed",
  "handoff.resolved",
  "conversation.started",
  "conversation.moved",
  "conversation.ended",
];

let phone = null;
let state = null;
let reading = null;
let again = false;

function problem(text) {
  $("form-error").textContent = text || "";
}

// ---- what is shown ----

function refresh() {
  if (!phone) return Promise.resolve();
  if (reading) {
    again = true;
    return reading;
  }
  reading = read().finally(() => {
    reading = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return reading;
}

async function read() {
  const asked = phone;
  try {
    const fresh = await api.get(`/phone/state?phone=${encodeURIComponent(asked)}`);
    if (asked !== phone) return;
    state = fresh;
    await render();
  } catch (error) {
    problem(error.message);
  }
}

async function render() {
  clock.set(state.now, state.zone);
  const talk = state.conversation;
  messages.render(state.bubbles, state.story.filter((line) => line.email && !line.held));
  messages.ended(talk?.outcome ? `The conversation ended: ${talk.outcome.replaceAll("_", " ")}` : "");
  story.render(state.story, start.public_url);
  story.answers(state.answers);
  agents.render(state.handoff, start.teams, act);
  facts(talk);
  chips(state.question, talk);
  startSays();
  tick();
  if (talk) {
    await map.show(talk.version);
    map.render(state.path, talk.step, Boolean(talk.outcome));
  }
}

function facts(talk) {
  const chip = (name, value, kind) =>
    el("span", { class: `fact ${kind || ""}` }, el("i", { text: name }), el("b", { text: value }));
  const made = [];
  if (talk) {
    const status = talk.outcome ? talk.outcome : talk.status;
    made.push(chip(talk.outcome ? "ended" : "status", status.replaceAll("_", " "), talk.outcome ? "over" : "live"));
    if (talk.step) made.push(chip("step", talk.step));
    made.push(chip("score", String(talk.score)));
  }
  if (state.consent === "pending" || state.consent === "opted out") {
    made.push(chip("consent", state.consent, state.consent === "opted out" ? "bad" : ""));
  }
  $("facts").replaceChildren(...made);
}

// While the number in the form has a conversation under way, Start ends it and texts again: it says so.
function startSays() {
  const underWay = state?.conversation && !state.conversation.outcome && lead.phone() === phone;
  $("start-button").textContent = underWay ? "Start over" : "Start";
}

function chips(question, talk) {
  const made = [];
  const add = (say, label) => {
    made.push(el("button", { type: "button", class: "chip", text: label, on: { click: () => send(say) } }));
  };
  question?.options?.forEach((option) => add(option.key, `${option.key} · ${option.name.replaceAll("_", " ")}`));
  question?.slots?.forEach((slot, i) => add(String(i + 1), `${i + 1} · ${clock.dayAndHour(Date.parse(slot))}`));
  question?.samples?.forEach((sample) => add(sample, sample));
  if (talk?.outcome) {
    made.push(el("button", { type: "button", class: "chip", text: "Start again with a fresh lead", on: { click: restart } }));
  }
  $("chips").replaceChildren(...made);
}

function tick() {
  const now = clock.now();
  $("phone-time").textContent = clock.phoneHour(now);
  $("clock-time").textContent = `${clock.day(now)}, ${clock.hour(now)}`;
  const place = (clock.zone() || "").split("/").pop().replaceAll("_", " ");
  $("clock-zone").textContent = place ? `in ${place}` : "";
  agents.tick();
  const next = state?.next;
  const talk = state?.conversation;
  $("forward").disabled = !next;
  if (!next) {
    $("forward-label").textContent = narrow.matches ? "Skip" : "Fast-forward";
    $("next").textContent = talk?.outcome ? "Nothing more is due." : talk ? "No timer is running." : "The sandbox's clock";
    return;
  }
  const left = Date.parse(next.at) - now;
  const label = narrow.matches ? "Skip" : "Fast-forward";
  $("forward-label").textContent = left > 1000 ? `${label} ${clock.span(left)}` : label;
  const what = next.text ? `${next.what}: “${next.text}”` : next.what;
  const due = left > 1000 ? `In ${clock.span(left)}: ` : "Due now: ";
  if ($("next").dataset.what !== what) {
    $("next").dataset.what = what;
    $("next").replaceChildren(el("b", { text: due }), what);
  } else {
    $("next").firstChild.textContent = due;
  }
}

// ---- what is done ----

async function act(path, body) {
  try {
    await api.post(path, body);
    await api.post("/sandbox/clock", { advance: "0s" });
  } catch (error) {
    problem(error.message);
  }
  await refresh();
}

let beginning = false;

// A second press while the first is under way would text twice.
async function once(what) {
  if (beginning) return;
  beginning = true;
  try {
    await what();
  } finally {
    beginning = false;
  }
}

const begin = () => once(enroll);

async function enroll() {
  problem("");
  const flow = lead.current();
  if (!flow) return;
  const body = lead.enrolment();
  if (!/^\+\d{8,15}$/.test(body.lead.phone)) {
    problem("The number needs a country code, such as +1 312 555 0142.");
    view("setup");
    return;
  }
  try {
    follow(body.lead.phone);
    await api.post("/v1/enrollments", body);
    await api.post("/sandbox/clock", { advance: "0s" });
    $("text").focus({ preventScroll: true });
    view("phone");
  } catch (error) {
    problem(error.message);
    view("setup");
  }
  await refresh();
}

// What this tab last showed, for whoever comes back by the menu: the address alone has it after a reload.
const LAST = "phone.last";

function remember(query) {
  try {
    sessionStorage.setItem(LAST, query);
  } catch {
    // Storage may be forbidden; the address still has it.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(LAST) || "";
  } catch {
    return "";
  }
}

// Shows another lead's phone.
function follow(number) {
  if (number !== phone) {
    phone = number;
    state = null;
    messages.clear();
    map.forget();
  }
  const address = new URL(location.href);
  address.searchParams.set("phone", number);
  if (lead.current()) address.searchParams.set("flow", lead.current().name);
  history.replaceState(null, "", address);
  remember(address.search);
}

const restart = () =>
  once(async () => {
    await fresh();
    await enroll();
  });

// Puts a number into the form that nobody used here: of one in use the conversation would end, and begin again.
async function fresh() {
  const first = Math.floor(Math.random() * lead.NUMBERS);
  for (let n = 0; n < lead.NUMBERS; n += 1) {
    lead.number(first + n);
    const seen = await api.get(`/phone/state?phone=${encodeURIComponent(lead.phone())}`).catch(() => null);
    if (!seen?.known) break;
  }
  startSays();
}

async function send(text) {
  const said = text.trim();
  if (!said) return;
  if (!phone) {
    await begin();
    return;
  }
  messages.sending(said);
  $("chips").replaceChildren();
  view("phone");
  const at = new Date(clock.now()).toISOString();
  await act(`/hooks/${encodeURIComponent(start.channel.name)}/inbound`, {
    id: api.id(),
    from: phone,
    to: start.channel.number,
    text: said,
    media: [],
    at,
  });
}

async function advance(by) {
  document.body.classList.add("winding");
  try {
    await api.post("/sandbox/clock", { advance: by });
  } catch (error) {
    problem(error.message);
  }
  await refresh();
  document.body.classList.remove("winding");
}

function forward() {
  if (!state?.next) return;
  const left = Math.max(0, Date.parse(state.next.at) - clock.now());
  advance(`${Math.ceil(left) + 1}ms`);
}

function view(name) {
  $("desk").dataset.view = name;
  document.querySelectorAll(".views button").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.view === name));
  });
  if (name === "phone") messages.scroll();
}

function choose(name) {
  lead.choose(name);
  const flow = lead.current();
  if (flow && !state?.conversation) map.show(flow.version).catch((error) => problem(error.message));
}

// ---- wiring ----

function compose() {
  const box = $("text");
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 110)}px`;
  };
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("composer").requestSubmit();
    }
  });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    grow();
    send(text);
  });
}

function pick() {
  const dialog = $("picker");
  $("choose").addEventListener("click", () => {
    dialog.showModal();
    $("search").focus();
  });
  dialog.addEventListener("click", (event) => {
    const card = event.target.closest("[data-flow]");
    if (card) {
      choose(card.dataset.flow);
      dialog.close();
      restart();
    } else if (event.target === dialog) dialog.close();
  });
  $("search").addEventListener("input", () => {
    const wanted = $("search").value.trim().toLowerCase();
    for (const card of dialog.querySelectorAll("[data-flow]")) {
      card.hidden = !card.textContent.toLowerCase().includes(wanted);
    }
    for (const group of dialog.querySelectorAll(".group")) {
      group.hidden = !group.querySelector("[data-flow]:not([hidden])") ;
    }
  });
}

function listen() {
  let open = false;
  const source = new EventSource("/v1/stream");
  // Kept for the way back, a page would keep its stream, and a browser has few to give.
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  let timer = null;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 120);
  };
  source.addEventListener("open", () => (open = true));
  source.addEventListener("error", () => (open = false));
  for (const name of HEARD) source.addEventListener(name, soon);
  setInterval(() => {
    const due = state?.next && Date.parse(state.next.at) <= clock.now();
    if ((!open || due) && !document.hidden) refresh();
  }, POLL_MS);
}

lead.begin(start);
messages.setPublicUrl(start.public_url);
messages.onSkip(forward);
clock.set(start.now, start.zone);
$("our-number").textContent = lead.pretty(start.channel.number);
// A link that names a lead or a flow means it; without, the tab goes on where it was.
const asked = new URLSearchParams(/[?&](phone|flow)=/.test(location.search) ? location.search : remembered());
choose(asked.get("flow") || start.first);
const known = asked.get("phone");
if (known) {
  lead.show(known);
  follow(known);
  refresh();
} else {
  lead.awake();
  fresh();
}
compose();
pick();
listen();
tick();
setInterval(tick, 1000);
$("lead-form").addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
$("lead-form").addEventListener("input", startSays);
$("lead-city").addEventListener("change", fresh);
$("fresh").addEventListener("click", restart);
$("welcome-start")?.addEventListener("click", begin);
$("forward").addEventListener("click", forward);
document.querySelectorAll("[data-advance]").forEach((button) => {
  button.addEventListener("click", () => advance(button.dataset.advance));
});
document.querySelectorAll("[data-zoom]").forEach((button) => {
  button.addEventListener("click", () => map.zoom(button.dataset.zoom));
});
document.querySelectorAll(".views button").forEach((button) => {
  button.addEventListener("click", () => view(button.dataset.view));
});
document.querySelector(".try-list")?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.say) send(button.dataset.say);
  if (button?.dataset.do === "forward") forward();
});
