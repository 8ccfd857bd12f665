/**
 * Make an element. Strings become text nodes: nothing on these pages parses HTML, so what a
 * citizen wrote stays text whatever it looks like.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value === "boolean") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

let lastId = 0;
/** An id that no other element of the page has. */
export const newId = (stem) => `${stem}-${++lastId}`;

/** A select with its label: `options` are `[value, name]` pairs. */
export function labelledSelect(label, options, chosen, onchange) {
  const id = newId("select");
  const select = el("select", { id, onchange });
  fillSelect(select, options, chosen);
  return { element: el("div", { class: "grow" }, el("label", { for: id }, label), select), select };
}

export function fillSelect(select, options, chosen) {
  select.replaceChildren(
    ...options.map(([value, name]) => el("option", { value, selected: value === chosen }, name)),
  );
}

/** A function that puts a sentence into an element which screen readers watch. */
export const sayIn = (element) => (message, bad = false) => {
  element.textContent = message;
  element.classList.toggle("bad", bad);
};

/** Whether a key press belongs to a field people type into. */
export const isTyping = (event) => event.target.closest("textarea, input, select") !== null;
