/** The text as the machine reads it, with what it noticed marked. */
import { el } from "./dom.js";

/**
 * Cut a text at the ends of spans. Offsets count code points, as the API's do: a string's own
 * indices count UTF-16 units and would be off behind every emoji and rare character.
 * Returns `{text, spans}` pieces; joined they are the text again.
 */
export function cutAtSpans(text, spans) {
  const points = Array.from(text);
  const ends = new Set([0, points.length, ...spans.flatMap((span) => [span.start, span.end])]);
  const cuts = [...ends].filter((end) => !isHidden(end, spans)).sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => ({
    text: points.slice(cuts[i], end).join(""),
    spans: spans.filter((span) => span.start <= cuts[i] && end <= span.end),
  }));
}

/** Personal data is covered as a whole: no cut inside it. */
const isHidden = (end, spans) =>
  spans.some((span) => span.role === "masked" && span.start < end && end < span.end);

/** Everything noticed in an item's text: evidence for the category, places, masked, garbled. */
function spansOf(item) {
  const noticed = (role, spans) => spans.map((span) => ({ ...span, role }));
  return [
    ...noticed("evidence", item.evidence.filter((e) => e.weight > 0)),
    ...noticed("place", item.places),
    ...noticed("masked", item.masked),
    ...noticed("garbled", item.garbled),
  ];
}

const TITLES = { evidence: "判断依据", place: "地点", masked: "个人信息，已遮盖", garbled: "无法恢复的乱码" };
const SAMPLES = { evidence: "依据", place: "地点", masked: "个人信息（已遮盖）", garbled: "乱码" };

function marked({ text, spans }) {
  if (!spans.length) return text;
  const roles = [...new Set(spans.map((span) => span.role))];
  const hidden = spans.find((span) => span.role === "masked");
  const tag = roles.includes("evidence") ? "mark" : "span";
  return el(
    tag,
    { class: roles.join(" "), title: roles.map((role) => TITLES[role]).join("；") },
    hidden && !text.startsWith("［") ? `［${hidden.kind}］` : text,
  );
}

export function readingOf(item) {
  const spans = spansOf(item);
  const roles = [...new Set(spans.map((span) => span.role))];
  return [
    el("div", { class: "reading", tabindex: "0", role: "region", "aria-label": "留言（整理后）" },
      ...cutAtSpans(item.text, spans).map(marked)),
    el("ul", { class: "legend", "aria-label": "标记的含义" },
      ...roles.map((role) => el("li", {}, el("span", { class: role }, SAMPLES[role])))),
  ];
}
