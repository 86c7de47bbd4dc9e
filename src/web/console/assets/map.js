// The flow's picture: the way taken is coloured, the step it stands on is lit, and a passage just made
// runs along its arrow.

import { $, calm } from "./dom.js";
import * as api from "./api.js";

const frame = $("picture");
let version = null;
let svg = null;
let told = 0;
let scale = 1;
let size = { width: 1, height: 1 };
let fitted = true;

export async function show(newVersion) {
  if (newVersion === version) return;
  version = newVersion;
  told = 0;
  const drawn = await api.svg(`/phone/picture/${newVersion}`);
  if (version !== newVersion) return;
  svg = drawn;
  const box = svg.viewBox.baseVal;
  size = { width: box.width, height: box.height };
  frame.replaceChildren(svg);
  fit();
}

export function forget() {
  told = 0;
  svg?.querySelectorAll(".now, .passed, .taken, .fresh").forEach((part) => {
    part.classList.remove("now", "passed", "taken", "fresh");
  });
}

function width() {
  return Math.max(200, frame.clientWidth - 16);
}

function fit() {
  fitted = true;
  scale = Math.min(1, Math.max(0.62, width() / size.width));
  apply();
}

function apply() {
  if (!svg) return;
  svg.setAttribute("width", String(Math.round(size.width * scale)));
  svg.setAttribute("height", String(Math.round(size.height * scale)));
}

export function zoom(how) {
  if (how === "fit") {
    fitted = true;
    scale = Math.min(width() / size.width, (frame.clientHeight - 16) / size.height, 1.2);
    apply();
    return;
  }
  fitted = false;
  scale = Math.min(2, Math.max(0.25, scale * (how === "in" ? 1.2 : 1 / 1.2)));
  apply();
  centre(svg?.querySelector(".node.now"));
}

const named = (step) => svg.querySelectorAll(`.node[data-step="${CSS.escape(step)}"]`);

function arrow(hop) {
  for (const edge of svg.querySelectorAll(`.edge[data-from="${CSS.escape(hop.from)}"]`)) {
    const exits = (edge.dataset.exit || "").split(" ");
    const same = edge.dataset.to === hop.to || hop.to.startsWith("end:");
    if (same && exits.includes(hop.exit)) return edge;
  }
  return null;
}

// `path` is every passage so far; `step` where it stands; `over` whether it has ended.
export function render(path, step, over) {
  if (!svg) return;
  if (path.length < told) forget();
  const fresh = path.slice(told);
  for (const hop of fresh) {
    for (const node of named(hop.from)) node.classList.add("passed");
    for (const node of named(hop.to)) node.classList.add("passed");
    const edge = arrow(hop);
    if (!edge) continue;
    edge.classList.add("taken");
    for (const node of named(edge.dataset.to)) node.classList.add("passed");
  }
  if (told > 0 || fresh.length < 4) run(fresh.map(arrow).filter(Boolean));
  told = path.length;
  const last = path.at(-1);
  const place = step || (over && last ? arrow(last)?.dataset.to || last.to : null);
  const before = svg.querySelector(".node.now");
  svg.querySelectorAll(".node.now").forEach((node) => node.classList.remove("now"));
  const at = place ? [...named(place)] : [];
  at.forEach((node) => node.classList.add("now"));
  if (at[0] && at[0] !== before) centre(at[0]);
}

function run(edges) {
  if (calm()) return;
  edges.forEach((edge, i) => {
    const line = edge.querySelector(".line");
    const pulse = line.cloneNode();
    pulse.setAttribute("class", "pulse");
    pulse.setAttribute("pathLength", "1");
    pulse.removeAttribute("stroke-dasharray");
    pulse.style.animationDelay = `${i * 350}ms`;
    pulse.addEventListener("animationend", () => pulse.remove());
    line.after(pulse);
  });
}

function centre(node) {
  if (!node) return;
  const at = node.getBoundingClientRect();
  const view = frame.getBoundingClientRect();
  frame.scrollBy({
    left: at.left + at.width / 2 - view.left - view.width / 2,
    top: at.top + at.height / 2 - view.top - view.height * 0.45,
    behavior: calm() ? "auto" : "smooth",
  });
}

new ResizeObserver(() => {
  if (!svg || !fitted) return;
  fit();
  // Where it stands is in sight too when the picture was hidden until now.
  centre(svg.querySelector(".node.now"));
}).observe(frame);
