// The other end of a handoff: one person can play the agent too.

import { $, el } from "./dom.js";
import * as clock from "./clock.js";

const desk = $("agent-desk");
let shown = "";

// `teams` are the agents' names by team; `act` does a call and shows what came of it.
export function render(handoff, teams, act) {
  const key = JSON.stringify(handoff);
  if (key === shown) return;
  shown = key;
  desk.hidden = !handoff;
  if (!handoff) {
    desk.replaceChildren();
    return;
  }
  const title = el(
    "div",
    { class: "alert-head" },
    el("span", { class: `priority ${handoff.priority}`, text: handoff.priority }),
    el("h2", { text: `Handed to ${handoff.team}` }),
    el("span", { class: "alert-time", data: { until: handoff.call_before || handoff.lapses } }),
  );
  desk.replaceChildren(title, el("p", { class: "brief", text: handoff.brief }), buttons(handoff, teams, act));
  tick();
}

function buttons(handoff, teams, act) {
  const row = el("div", { class: "alert-buttons", role: "group", "aria-label": "Play the agent" });
  if (handoff.status === "open") {
    const names = teams[handoff.team]?.length ? teams[handoff.team] : ["Agent"];
    names.slice(0, 4).forEach((agent, i) => {
      const claim = () => act(`/v1/handoffs/${handoff.id}/claim`, { agent });
      row.append(
        el("button", { type: "button", class: i === 0 ? "primary" : null, text: `Claim as ${agent}`, on: { click: claim } }),
      );
    });
    return row;
  }
  row.append(el("span", { class: "who", text: `${handoff.agent} has it. The call:` }));
  (handoff.outcomes || []).forEach((outcome, i) => {
    const resolve = () => act(`/v1/handoffs/${handoff.id}/resolve`, { outcome });
    row.append(
      el("button", {
        type: "button",
        class: i === 0 ? "primary" : null,
        text: outcome.replaceAll("_", " "),
        on: { click: resolve },
      }),
    );
  });
  return row;
}

export function tick() {
  const time = desk.querySelector("[data-until]");
  if (!time) return;
  const left = Date.parse(time.dataset.until) - clock.now();
  time.textContent = left > 0 ? `${clock.span(left)} left` : "overdue";
  time.classList.toggle("late", left <= 0);
}
