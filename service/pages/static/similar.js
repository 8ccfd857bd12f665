/** Earlier submissions that ask for the same thing. */
import { call } from "./api.js";
import { el } from "./dom.js";
import { nameOfDepartment, share, when, words } from "./words.js";

const MOST = 5;
let number = 0;

/** Look for them (`{text, station}`) and list them in a section, which is hidden while empty. */
export async function showSimilar(section, request) {
  const mine = ++number;
  const answer = await call("/similar", { body: { ...request, limit: MOST } }).catch(() => null);
  if (mine !== number || answer === null) return;
  section.querySelector("ul").replaceChildren(...answer.items.map(entry));
  section.hidden = answer.items.length === 0;
}

export function clearSimilar(section) {
  number += 1;
  section.hidden = true;
}

const entry = ({ similarity, submission }) =>
  el("li", {},
    el("div", { class: "line soft" },
      el("span", {}, when(submission.created_at)),
      el("span", {}, submission.place || "地点不明"),
      el("span", {}, `相似 ${share(similarity)}`)),
    el("q", {}, submission.text),
    el("div", { class: "line" },
      el("span", { class: "tag" }, submission.decision ? "已定" : "未定"),
      el("span", {}, outcome(submission))));

function outcome({ category, department, suggestion }) {
  return `${words.categories[category] ?? category} → ${nameOfDepartment(department, suggestion)}`;
}
