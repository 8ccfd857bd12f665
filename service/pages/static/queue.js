/** The page `/queue`: what needs a person, one after the other, without leaving the keyboard. */
import { get, Problem } from "./api.js";
import { connection } from "./connection.js";
import { decisionForm, summaryOf } from "./decision.js";
import { byId, el, isTyping, sayIn } from "./dom.js";
import { onDecisionKeys } from "./keys.js";
import { reasonsOf } from "./reasons.js";
import { decide } from "./saving.js";
import { fillCard } from "./suggestion.js";
import { share, when, words } from "./words.js";

const list = byId("queue");
const more = byId("more");
const say = sayIn(byId("said"));
const entries = []; // {submission, element, button, card, form}, in order
let current = null;
let cursor = null;
let loaded = false;

async function load() {
  more.disabled = true;
  try {
    const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page = await get(`/queue?limit=20${from}`);
    loaded = true;
    page.items.forEach(add);
    cursor = page.next_cursor;
    more.hidden = cursor === null;
    byId("none").hidden = entries.length > 0;
    if (!current) open(entries.find(isOpen), { focus: false });
  } catch (error) {
    if (error instanceof Problem) say(error.message, true);
  } finally {
    more.disabled = false;
  }
}

const isOpen = (entry) => !entry.done;

function add(submission) {
  const entry = { submission, done: false };
  entry.card = el("div", { hidden: true });
  entry.button = el("button", { type: "button", class: "entry", "aria-expanded": "false" });
  entry.button.addEventListener("click", () => toggle(entry));
  entry.element = el("li", {}, entry.button, entry.card);
  describe(entry, headline(submission.suggestion));
  entries.push(entry);
  list.append(entry.element);
}

function headline(item) {
  const guess = `${item.category_name} ${share(item.confidence)}`;
  const why = item.needs_review ? reasonsOf(item)[0] : "有把握，等待确认";
  return [el("strong", {}, guess), el("span", { class: "soft" }, why)];
}

function describe(entry, line) {
  const { suggestion, text, created_at, place, source } = entry.submission;
  const urgent = suggestion.urgency === "normal" ? null
    : el("span", { class: `tag ${suggestion.urgency}` }, words.urgencies[suggestion.urgency]);
  entry.button.replaceChildren(
    el("span", { class: "line" }, urgent, ...line),
    el("span", { class: "excerpt" }, text),
    el("span", { class: "line soft" },
      ...[when(created_at), place || "地点不明", source].map((fact) => el("span", {}, fact))),
  );
}

function toggle(entry) {
  if (entry === current) close();
  else if (!entry.done) open(entry, { focus: false });
}

function open(entry, { focus = true } = {}) {
  close();
  if (!entry) return;
  current = entry;
  const item = entry.submission.suggestion;
  entry.form = decisionForm(item, { onsave: save });
  fillCard(entry.card, item, entry.form);
  entry.card.hidden = false;
  entry.button.setAttribute("aria-expanded", "true");
  if (focus) entry.button.focus();
}

function close() {
  if (!current) return;
  current.card.hidden = true;
  current.card.replaceChildren();
  current.button.setAttribute("aria-expanded", "false");
  current = null;
}

async function save(choice) {
  const entry = current;
  if (!entry || entry.saving) return;
  entry.saving = true;
  entry.form.save.disabled = true;
  try {
    const { id, version } = entry.submission;
    await decide(id, version, choice);
    finish(entry, `已保存：${summaryOf(choice, entry.submission.suggestion)}`);
  } catch (error) {
    if (error instanceof Problem && error.status === 409) await overtaken(entry, error);
    else say(error instanceof Problem ? error.message : "还没有保存上：服务器连不上。您的选择还在，连上后请再按一次。", true);
  } finally {
    entry.saving = false;
    entry.form.save.disabled = false;
  }
}

/** Somebody else was first: show what they decided, and change nothing. */
async function overtaken(entry, error) {
  say(`没有保存：${error.message}`, true);
  const id = encodeURIComponent(entry.submission.id);
  const now = await get(`/submissions/${id}`).catch(() => null);
  if (!now?.decision) return;
  const summary = summaryOf(now.decision, now.suggestion);
  finish(entry, `已由 ${now.decision.decided_by} 处理：${summary}`, { quiet: true });
}

function finish(entry, message, { quiet = false } = {}) {
  entry.done = true;
  entry.element.classList.add("done");
  describe(entry, [el("strong", {}, `✓ ${message}`)]);
  if (!quiet) say(message);
  if (entry === current) open(next(entry, 1));
  byId("none").hidden = entries.some(isOpen) || cursor !== null;
  if (!entries.some(isOpen) && cursor) load();
}

/** The nearest open entry after (1) or before (-1) one. */
function next(entry, step) {
  const from = entry ? entries.indexOf(entry) : -1;
  const ahead = step > 0 ? entries.slice(from + 1) : entries.slice(0, Math.max(from, 0)).reverse();
  return ahead.find(isOpen) ?? (entry && isOpen(entry) ? entry : entries.find(isOpen));
}

function pressed(event) {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") open(next(current, 1));
  if (event.key === "k") open(next(current, -1));
}

addEventListener("keydown", pressed);
onDecisionKeys({
  save: () => current && save(current.form.choice()),
  pick: (n) => current?.form.pick(n),
});
more.addEventListener("click", load);
connection.addEventListener("back", () => loaded || load());
load();
