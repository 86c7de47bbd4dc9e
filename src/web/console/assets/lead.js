// The lead and the flow that a conversation begins with.

import { $, el } from "./dom.js";
import * as clock from "./clock.js";

const TYPES = {
  number: "number",
  money: "number",
  date: "date",
  datetime: "datetime-local",
  time: "time",
  email: "email",
};

const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });

let start = null;
let flow = null;

export function begin(given) {
  start = given;
  for (const city of start.cities) {
    $("lead-city").append(el("option", { value: city.prefix, text: city.name }));
  }
}

export const current = () => flow;

export function choose(name) {
  flow = start.flows.find((candidate) => candidate.name === name) || flow;
  if (!flow) return;
  $("flow-industry").textContent = flow.industry;
  $("flow-name").textContent = flow.name.replaceAll("-", " ").replaceAll("_", " ");
  $("flow-about").textContent = flow.about;
  const before = $("lead-locale").value;
  $("lead-locale").replaceChildren(
    ...flow.locales.map((code) => el("option", { value: code, text: language(code) })),
  );
  if (flow.locales.includes(before)) $("lead-locale").value = before;
  const called = flow.fields.find((field) => field.name === "name");
  $("lead-name").value = called?.sample || "Ada";
  const others = flow.fields.filter((field) => field.name !== "name");
  $("lead-fields").replaceChildren(...others.map(input));
}

function language(code) {
  try {
    return LANGUAGES.of(code);
  } catch {
    return code;
  }
}

function input(field) {
  const label = field.name.replaceAll("_", " ");
  const name = `field.${field.name}`;
  const hint = field.optional ? el("span", { class: "optional", text: "optional" }) : null;
  if (field.kind === "yes_no") {
    const select = el("select", { name }, el("option", { value: "yes", text: "yes" }), el("option", { value: "no", text: "no" }));
    select.value = field.sample || "yes";
    return el("label", {}, el("span", { text: label }), hint, select);
  }
  const box = el("input", {
    name,
    type: TYPES[field.kind] || "text",
    step: field.kind === "number" || field.kind === "money" ? "any" : null,
    maxlength: "500",
  });
  box.value = field.sample;
  return el("label", {}, el("span", { text: label }), hint, box);
}

// The first city where it is day, so that a first text need not wait for the morning.
export function awake() {
  const day = start.cities.find(({ zone }) => {
    const hour = clock.hourIn(zone);
    return hour >= 9 && hour < 19;
  });
  if (day) $("lead-city").value = day.prefix;
}

// So many numbers are kept for fiction in each city, from 0120 on.
export const NUMBERS = 80;

// Puts one of them into the form.
export function number(n) {
  const prefix = $("lead-city").value || start.cities[0].prefix;
  $("lead-phone").value = pretty(`${prefix}${120 + (n % NUMBERS)}`);
}

export const phone = () => {
  const typed = $("lead-phone").value;
  const digits = typed.replace(/\D/g, "");
  return digits.length === 10 ? `+1${digits}` : `+${digits}`;
};

export function show(number) {
  const digits = number.replace(/\D/g, "");
  // By the country and area code: `+1212` of `+12125550`, `+4420` of `+442079460`.
  const city = start.cities.find(({ prefix }) => digits.startsWith(prefix.slice(1, 5)));
  if (city) $("lead-city").value = city.prefix;
  $("lead-phone").value = pretty(number);
}

export function pretty(number) {
  const match = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  if (match) return `+1 ${match[1]} ${match[2]} ${match[3]}`;
  const london = /^\+44(20)(\d{4})(\d{4})$/.exec(number);
  return london ? `+44 ${london[1]} ${london[2]} ${london[3]}` : number;
}

// The body of `POST /v1/enrollments`.
export function enrolment() {
  const lead = {
    phone: phone(),
    name: $("lead-name").value.trim(),
    locale: $("lead-locale").value || undefined,
    time_zone: zone(),
    consent: {
      kind: flow.marketing ? "marketing" : "transactional",
      source: "the sandbox's phone page",
      wording: "I agree to receive texts. (Given by pressing Start in the sandbox.)",
      at: new Date(clock.now()).toISOString(),
    },
  };
  if (!lead.name) delete lead.name;
  const fields = {};
  for (const field of flow.fields) {
    if (field.name === "name") continue;
    const value = read(field);
    if (value === undefined) continue;
    if (field.name === "email") lead.email = value;
    else fields[field.name] = value;
  }
  return { flow: flow.name, lead, fields, if_busy: "replace" };
}

function read(field) {
  const typed = $("lead-form").elements[`field.${field.name}`]?.value.trim();
  if (!typed) return undefined;
  switch (field.kind) {
    case "number":
    case "money":
      return Number(typed);
    case "datetime":
      return clock.instant(typed, zone());
    case "yes_no":
      return typed === "yes";
    case "list":
      return typed.split(",").map((item) => item.trim());
    default:
      return typed;
  }
}

function zone() {
  const prefix = $("lead-city").value;
  return start.cities.find((city) => city.prefix === prefix)?.zone || start.zone;
}
