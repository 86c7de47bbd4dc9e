// How many parts a text is billed as: the same count as the engine's own, while it is typed. The
// cases of tests/data/segment_cases.json hold for both.

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
  "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPED = "\f^{}\\[~]|€";

const GSM = { encoding: "GSM-7", single: 160, joined: 153 };
const UCS = { encoding: "UCS-2", single: 70, joined: 67 };

const widths = new Map([...BASIC].map((c) => [c, 1]).concat([...ESCAPED].map((c) => [c, 2])));
const signs = new Intl.Segmenter("en", { granularity: "grapheme" });

// The parts that pieces fill when none of them is cut.
function pack(pieces, room) {
  let parts = 1;
  let used = 0;
  for (const piece of pieces) {
    if (used + piece > room) {
      parts += 1;
      used = 0;
    }
    used += piece;
  }
  return parts;
}

function* written(text) {
  for (const { segment } of signs.segment(text)) {
    if (segment !== "\r\n" && segment.length <= UCS.joined) yield segment.length;
    else for (const c of segment) yield c.length;
  }
}

// `room` is what fits into as many parts.
export function size(text) {
  const chars = [...text];
  const plain = chars.every((c) => widths.has(c));
  const kind = plain ? GSM : UCS;
  const pieces = plain ? chars.map((c) => widths.get(c)) : [...written(text)];
  const units = pieces.reduce((sum, piece) => sum + piece, 0);
  const parts = units <= kind.single ? 1 : pack(pieces, kind.joined);
  const room = parts === 1 ? kind.single : parts * kind.joined;
  return { encoding: kind.encoding, units, parts, room };
}
