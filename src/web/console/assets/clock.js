// The sandbox's clock as it is shown: times in the lead's zone, spans in words.

let base = { server: Date.now(), here: performance.now(), zone: undefined };

export function set(now, zone) {
  base = { server: Date.parse(now), here: performance.now(), zone };
}

export const zone = () => base.zone;

export function now() {
  return base.server + (performance.now() - base.here);
}

function format(ms, options) {
  return new Intl.DateTimeFormat("en-US", { timeZone: base.zone, ...options }).format(new Date(ms));
}

export const hour = (ms) => format(ms, { hour: "numeric", minute: "2-digit" });

export const phoneHour = (ms) => hour(ms).replace(/\s?[AP]M/i, "");

export const day = (ms) => format(ms, { weekday: "short", month: "short", day: "numeric" });

// The hour of the day on the clocks of `timeZone`.
export function hourIn(timeZone) {
  const at = new Intl.DateTimeFormat("en-US", { timeZone, hour: "numeric", hourCycle: "h23" });
  return Number(at.format(new Date(now())));
}

export function dayAndHour(ms) {
  const same = day(ms) === day(now());
  return `${same ? "Today" : day(ms)} ${hour(ms)}`;
}

// "3 h 59 min", "12 s": the two largest units.
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const at = units.findIndex(([size]) => seconds >= size);
  if (at < 0) return "now";
  const [size, name] = units[at];
  const first = `${Math.floor(seconds / size)} ${name}`;
  const next = units[at + 1];
  const rest = next ? Math.floor((seconds % size) / next[0]) : 0;
  return rest && size >= 3600 ? `${first} ${rest} ${next[1]}` : first;
}

// The instant at which the clocks of `timeZone` show `local` ("2026-11-24T10:00").
export function instant(local, timeZone) {
  const asUtc = Date.parse(`${local}Z`);
  const shown = (ms) => {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    }).formatToParts(new Date(ms));
    const of = (type) => Number(parts.find((part) => part.type === type).value);
    return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
  };
  let at = asUtc - (shown(asUtc) - asUtc);
  at += asUtc - shown(at);
  return new Date(at).toISOString();
}
