/** One ask of a note: ticked or not, with what was suggested and what the clerk makes of it. */
import { desksFor, topicsOf } from "./decision.js";
import { el, fillSelect, labelledSelect, newId } from "./dom.js";
import { reasonsOf } from "./reasons.js";
import { share, words } from "./words.js";

const categories = Object.entries(words.categories);

/** `decision()` is null where the suggestion is unsure and untouched: the queue then asks again. */
export function askCard(ask, number, { key, onchange }) {
  const { item } = ask;
  const id = newId("ask");
  const tick = el("input", { type: "checkbox", id, checked: true, onchange });
  const state = el("p", { class: "soft", role: "status" });
  const category = labelledSelect("类别", categories, item.category, () => {
    const code = category.select.value;
    fillSelect(topic.select, topicsOf(code), code === item.category ? item.topic ?? "" : "");
  });
  const topic = labelledSelect("主题", topicsOf(item.category), item.topic ?? "", () => {
    const usual = words.topics[topic.select.value];
    const isSuggested = topic.select.value === item.topic;
    if (usual) desk.select.value = (isSuggested ? item.department : usual.lead) ?? "";
  });
  const desk = labelledSelect("主办部门", desksFor(item), item.department ?? "", () => {});
  const picks = el("div", { class: "picks" }, category.element, topic.element, desk.element);
  const look = `card ask ${item.needs_review ? "unsure" : ""}`;
  const element = el("article", { class: look, "aria-label": `诉求 ${number}` },
    el("label", { for: id }, tick, el("span", {}, el("strong", {}, `${number}. `), ask.ask)),
    el("p", { class: "soft" }, surroundings(ask)),
    verdict(item), picks, state);

  const choice = () => ({
    category: category.select.value,
    topic: topic.select.value || null,
    department: desk.select.value || null,
  });
  const isChanged = () =>
    Object.entries(choice()).some(([name, value]) => value !== (item[name] ?? null));
  const card = {
    ask, number, key, element, marks: [], mark: null, done: false,
    isTicked: () => tick.checked,
    decision: () => (item.needs_review && !isChanged() ? null : choice()),
    finish() {
      card.done = true;
      state.textContent = card.decision() ? "✓ 已收下。" : "✓ 已收下，留在“待核”里再看。";
      for (const select of [category.select, topic.select, desk.select]) select.disabled = true;
      tick.disabled = true;
    },
  };
  tick.addEventListener("change", () => element.classList.toggle("out", !tick.checked));
  element.addEventListener("focusin", () => point(card, true));
  element.addEventListener("focusout", () => point(card, false));
  return card;
}

/** Show in the source text where the ask stands. */
function point(card, isHere) {
  card.marks.forEach((mark) => mark.classList.toggle("here", isHere));
  if (!isHere || !card.mark) return;
  const box = card.mark.closest(".note");
  const distance = card.mark.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += distance - box.clientHeight / 3;
}

const surroundings = (ask) =>
  [ask.speaker && `反映人：${ask.speaker}`, ask.context && `所在：${ask.context}`, `第 ${ask.paragraph} 段`]
    .filter(Boolean).join(" · ");

function verdict(item) {
  const guess = `${item.category_name} ${share(item.confidence)}`;
  if (!item.needs_review) return el("p", {}, el("span", { class: "tag" }, "✓ 有把握"), guess);
  return el("p", {},
    el("span", { class: "tag urgent" }, "？ 需要您看"),
    guess,
    el("span", { class: "reason" }, reasonsOf(item).join(" ")));
}
