/**
 * The form in which a person decides: category, topic, lead department.
 *
 * It begins as suggested. A topic of another category cannot be picked, and a new topic brings
 * the department that usually leads it, unless the person has picked one.
 */
import { el, fillSelect, labelledSelect, newId } from "./dom.js";
import { nameOfDepartment, share, words } from "./words.js";

const NONE = "";

/** `onsave(choice)` is called with `{category, topic, department}`, null standing for none. */
export function decisionForm(item, { onsave }) {
  let pickedDesk = false;
  const radios = categoryRadios(item);
  const topic = labelledSelect("主题", topicsOf(item.category), item.topic ?? NONE, onTopic);
  const desk = labelledSelect("主办部门", desksFor(item), item.department ?? NONE, () => {
    pickedDesk = true;
    update();
  });
  const save = el("button", { type: "button", class: "main save" });
  save.addEventListener("click", () => onsave(choice()));
  const said = el("span", { class: "soft", "aria-live": "polite" });
  for (const radio of radios.inputs) radio.addEventListener("change", onCategory);

  function onCategory() {
    const category = radios.value();
    const isSuggested = category === item.category;
    fillSelect(topic.select, topicsOf(category), (isSuggested && item.topic) || NONE);
    if (isSuggested) followTopic();
    update();
  }
  function onTopic() {
    followTopic();
    update();
  }
  function followTopic() {
    const chosen = topic.select.value;
    if (pickedDesk || chosen === NONE) return;
    setDesk(chosen === item.topic ? item.department : words.topics[chosen]?.lead);
  }
  const setDesk = (code) => (desk.select.value = code ?? NONE);
  const choice = () => ({
    category: radios.value(),
    topic: topic.select.value || null,
    department: desk.select.value || null,
  });
  function isChanged() {
    const now = choice();
    return ["category", "topic", "department"].some((name) => now[name] !== (item[name] ?? null));
  }
  function update() {
    const changed = isChanged();
    save.replaceChildren(changed ? "按更正保存" : "接受建议");
    save.append(el("kbd", { class: "keyboard" }, "Ctrl+Enter"));
    save.classList.toggle("changed", changed);
    said.textContent = changed ? summaryOf(choice(), item) : "";
  }
  update();

  return {
    fields: el("div", { class: "decide" },
      radios.element, el("div", { class: "row" }, topic.element, desk.element)),
    actions: el("div", { class: "actions" }, save, said),
    save,
    choice,
    isChanged,
    /** Make another department the lead. */
    exchange(code) {
      pickedDesk = true;
      setDesk(code);
      update();
      desk.select.focus();
    },
    /** Pick the nth category (from 0), as the number keys do. */
    pick(n) {
      radios.inputs[n]?.click();
      radios.inputs[n]?.focus();
    },
  };
}

export const summaryOf = (choice, item) =>
  [
    words.categories[choice.category],
    words.topics[choice.topic]?.name,
    nameOfDepartment(choice.department, item),
  ].filter(Boolean).join(" → ");

function categoryRadios(item) {
  const group = newId("category");
  const chance = Object.fromEntries(item.categories.map((c) => [c.code, c.probability]));
  const inputs = Object.keys(words.categories).map((code) =>
    el("input", { type: "radio", name: group, value: code, checked: code === item.category }));
  const labels = inputs.map((input, i) =>
    el("label", {}, input,
      el("kbd", { class: "keyboard", "aria-hidden": "true" }, String(i + 1)),
      words.categories[input.value],
      input.value in chance ? el("span", { class: "chance" }, share(chance[input.value])) : null));
  return {
    element: el("fieldset", {},
      el("legend", {}, "类别", el("span", { class: "soft keyboard" }, "（Alt + 数字）")),
      el("div", { class: "choices" }, ...labels)),
    inputs,
    value: () => inputs.find((input) => input.checked).value,
  };
}

export const topicsOf = (category) => [
  [NONE, "（不指定）"],
  ...Object.entries(words.topics)
    .filter(([, topic]) => topic.category === category)
    .map(([code, topic]) => [code, topic.name]),
];

/** All departments, those suggested first and by their local names. */
export function desksFor(item) {
  const suggested = item.departments.map((desk) => [desk.code, desk.name]);
  const known = new Set(suggested.map(([code]) => code));
  const others = Object.entries(words.departments).filter(([code]) => !known.has(code));
  return [...suggested, [NONE, "（不转办）"], ...others.map(([code, d]) => [code, d.name])];
}
