/** A tagged item as a card: the verdict, why it is not sure, what was found, the text as read. */
import { el } from "./dom.js";
import { readingOf } from "./reading.js";
import { reasonsOf } from "./reasons.js";
import { share, words } from "./words.js";

/** Fill a card with an item and a decision form (see decision.js). */
export function fillCard(card, item, form) {
  card.className = `card suggestion ${item.needs_review ? "unsure" : "sure"}`;
  card.replaceChildren(
    verdict(item),
    ...(item.needs_review ? [reasons(item)] : []),
    el("div", { class: "body" }, facts(item, form), ...readingOf(item), repairs(item), form.fields),
    form.actions,
  );
}

function verdict(item) {
  const certain = !item.needs_review;
  return el(
    "h2",
    { class: "verdict" },
    el("span", { class: "sign", "aria-hidden": "true" }, certain ? "✓" : "？"),
    el("span", { class: "state" }, certain ? "有把握" : "需要您看"),
    el("span", { class: "guess" }, `${item.category_name} ${share(item.confidence)}`),
    second(item),
    item.urgency === "normal" ? null : urgency(item),
    el("span", { class: "waiting" }, "正在更新…"),
  );
}

const reasons = (item) =>
  el("ul", { class: "why", "aria-label": "需要您看的原因" },
    ...reasonsOf(item).map((reason) => el("li", {}, reason)));

function facts(item, form) {
  const rows = [
    ["主题", [item.topic_name ?? "—"]],
    ["部门", [desks(item, form)]],
    ["地点", [item.place ?? "没有看出来"]],
    ["缓急", [urgency(item), ` · ${words.levels[item.level]}事项`]],
  ];
  return el("dl", { class: "facts" },
    ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, ...value)]));
}

function second(item) {
  if (!item.second_category) return null;
  return el("span", { class: "second" }, `也可能是${words.categories[item.second_category]}`);
}

function desks(item, form) {
  if (!item.departments.length) return el("span", {}, "没有诉求，不转办");
  return el("ul", { class: "desks" }, ...item.departments.map((desk) => deskOf(desk, form)));
}

function deskOf(desk, form) {
  const isLead = desk.role === "lead";
  const label = `改为主办：${desk.name}`;
  const exchange = el("button", { type: "button", class: "small", "aria-label": label }, "改为主办");
  exchange.addEventListener("click", () => form.exchange(desk.code));
  return el("li", {},
    el("span", { class: isLead ? "tag" : "tag co" }, isLead ? "主办" : "协办"),
    isLead ? el("strong", {}, desk.name) : desk.name, " ",
    isLead ? null : exchange,
    el("span", { class: "reason" }, desk.reason));
}

const urgency = (item) =>
  item.urgency === "normal"
    ? words.urgencies.normal
    : el("span", { class: `tag ${item.urgency}` }, words.urgencies[item.urgency]);

function repairs(item) {
  const kinds = [...new Set(item.masked.map((span) => span.kind))].map((kind) => `已遮盖${kind}`);
  const done = [...item.repairs.map((name) => words.repairs[name] ?? name), ...kinds];
  return done.length ? el("p", { class: "soft repairs" }, `整理：${done.join("、")}。`) : null;
}
