// Small ways to make elements. Text goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

export function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "on") {
      for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    } else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const ICONS = {
  start: "M6 4v12M6 5h8l-2 3 2 3H6",
  reply: "M3 4h14v9h-6l-4 3.500V13H3z",
  text: "M17 4H3v9h6l4 3.500V13h4zM7 8.500h6",
  timer: "M10 3.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM10 6.500V10l2.500 1.500",
  warning: "M10 3 2.500 16h15zM10 8v4M10 14v.2",
  agent: "M10 3.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 16.500c0-3 2.500-5 6-5s6 2 6 5",
  event: "M11 2.500 4.500 11H9l-1 6.500L15.500 9H11z",
  call: "M7 2.500v4M13 2.500v4M5 6.500h10v2.500a5 5 0 0 1-10 0zM10 14v3.500",
  book: "M3.500 5h13v11.500h-13zM3.500 8.500h13M7 3v3.500M13 3v3.500",
  link: "M8.500 11.500l3-3M9 6l1.500-1.500a3.500 3.500 0 0 1 5 5L14 11M11 14l-1.500 1.500a3.500 3.500 0 0 1-5-5L6 9",
  end: "M5 10.500l3.500 3.500L15.500 6",
  held: "M7 5v10M13 5v10",
  email: "M3 5h14v10.500H3zM3 6l7 5.500L17 6",
  handoff: "M4 12v-2a6 6 0 0 1 12 0v2M4 11h2v4H4zM14 11h2v4h-2M15 15q0 2-4 2",
};

export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", ICONS[name] || ICONS.event);
  svg.append(path);
  return svg;
}

// A text with its web addresses as links. Short links of this workspace are opened here, whatever
// public address they were written with.
export function linked(text, publicUrl) {
  const parts = document.createDocumentFragment();
  const pattern = /https?:\/\/[^\s<>"“”]+/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const url = match[0].replace(/[.,;:!?)\]]+$/, "");
    parts.append(text.slice(from, match.index));
    parts.append(
      el("a", { href: opened(url, publicUrl), target: "_blank", rel: "noopener noreferrer", text: url }),
    );
    from = match.index + url.length;
  }
  parts.append(text.slice(from));
  return parts;
}

function opened(url, publicUrl) {
  if (publicUrl && url.startsWith(`${publicUrl}/l/`)) return url.slice(publicUrl.length);
  return url;
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
