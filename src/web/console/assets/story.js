// "What happened": one line for each thing, newest first, with the rule that read each reply.

import { $, el, icon, linked } from "./dom.js";
import * as clock from "./clock.js";
import { holdReason } from "./messages.js";

const KINDS = {
  opt_out: "an opt-out",
  opt_in: "an opt-in",
  help: "a call for help",
  wrong_number: "a wrong number",
  machine: "a machine's words",
  anytime: "something said at any time",
  call_me: "“call me”",
  who_is_this: "“who is this?”",
  decline: "a refusal",
  unclear: "unclear",
};

const lines = $("lines");
let shown = "";

export function render(story, publicUrl) {
  $("no-lines").hidden = story.length > 0;
  // Only when something changed: a letter that is being read stays open.
  const key = JSON.stringify(story);
  if (key === shown) return;
  shown = key;
  const open = new Set([...lines.querySelectorAll("details[open]")].map((d) => d.dataset.seq));
  lines.replaceChildren(...[...story].reverse().map((line) => item(line, open, publicUrl)));
}

function item(line, open, publicUrl) {
  const made = el("li", { class: `line ${line.icon}` });
  made.append(el("span", { class: "sign" }, icon(line.icon)));
  const body = el("div", { class: "line-body" });
  const at = Date.parse(line.at);
  body.append(
    el(
      "div",
      { class: "line-head" },
      el("span", { class: "line-title", text: line.title }),
      el("time", { datetime: line.at, text: clock.dayAndHour(at) }),
    ),
  );
  if (line.quote) body.append(el("p", { class: "quote", text: line.quote }));
  if (line.meaning) body.append(meaning(line.meaning));
  if (line.held) body.append(held(line.held));
  if (line.email) body.append(letter(line, open, publicUrl));
  if (line.path?.length) body.append(path(line.path));
  made.append(body);
  return made;
}

function meaning(understood) {
  const what =
    understood.kind === "answer"
      ? `“${understood.answer}”`
      : KINDS[understood.kind] || understood.kind.replaceAll("_", " ");
  return el(
    "p",
    { class: "meaning" },
    "understood as ",
    el("b", { text: what }),
    understood.rule ? el("span", { class: "rule", text: understood.rule, title: "The rule that matched" }) : null,
    understood.certain ? null : el("span", { class: "unsure", text: "another reading is possible" }),
  );
}

function held(hold) {
  const until = hold.until ? `, until ${clock.dayAndHour(Date.parse(hold.until))}` : "";
  return el("p", { class: "held-why", text: `Held by ${holdReason(hold.reason)}${until}` });
}

function letter(line, open, publicUrl) {
  const { email } = line;
  const text = el("div", { class: "letter-text" });
  text.append(linked(email.text, publicUrl));
  const seq = String(line.seq);
  return el(
    "details",
    { class: "letter", open: open.has(seq), data: { seq } },
    el("summary", { text: "Read it" }),
    el("p", { class: "letter-to", text: `To ${email.to}` }),
    el("p", { class: "letter-subject", text: email.subject }),
    text,
    email.invite
      ? el("p", { class: "letter-to", text: `With an invitation for ${clock.dayAndHour(Date.parse(email.invite))}` })
      : null,
  );
}

function path(hops) {
  const made = el("p", { class: "way" });
  hops.forEach((hop, i) => {
    if (hop.from === "start" && hop.exit === "start") {
      made.append(el("span", { text: "begins at" }), el("code", { text: hop.to }));
      return;
    }
    if (i === 0 && hop.from) made.append(el("code", { text: hop.from }));
    made.append(el("span", { class: "exit", text: `${exit(hop.exit)} →` }));
    made.append(el("code", { text: hop.to.replace(/^end:/, "") }));
  });
  return made;
}

// `no_reply:2`, `when:1`, `value` as people say them.
function exit(name) {
  if (name.startsWith("no_reply")) return "silence";
  if (name.startsWith("when:")) return `condition ${name.slice(5)}`;
  if (name === "value") return "answer";
  return name === "then" ? "" : name.replaceAll("_", " ");
}

export function answers(list) {
  $("answers").replaceChildren(
    ...(list || []).flatMap(({ step, value }) => [
      el("dt", { text: step }),
      el("dd", { text: plain(value) }),
    ]),
  );
}

function plain(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "object" && "amount" in value) return `${value.amount} ${value.currency}`;
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return clock.dayAndHour(Date.parse(value));
  return String(value);
}
