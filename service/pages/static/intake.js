/** The page `/`: the clerk types, sees a suggestion, accepts or corrects it. */
import { freshKey, Problem, Silence } from "./api.js";
import { connection, isLost } from "./connection.js";
import { decisionForm, summaryOf } from "./decision.js";
import { byId, sayIn } from "./dom.js";
import { dropDraft, keepDraft, readDraft } from "./drafts.js";
import { onDecisionKeys } from "./keys.js";
import { saveDecided } from "./saving.js";
import { clearSimilar, showSimilar } from "./similar.js";
import { fillCard } from "./suggestion.js";
import { follow } from "./suggesting.js";

const text = byId("text");
const source = byId("source");
const station = byId("station");
const card = byId("suggestion");
const say = sayIn(byId("said"));

const LONGEST = 20_000;
const UNSENT = "还没有保存上：服务器连不上。连上后会自动保存，不会重复。";

let shown = null; // {item, text, form}: the suggestion on the screen and the text it is for.
let attempt = null; // {body, key, choice, summary}: a save that was begun and has no answer yet.
let saving = false;

const changed = follow({
  read: () => (length() > LONGEST ? "" : text.value),
  more: () => ({ station: station.value.trim(), mask: true }),
  begin,
  show,
  fail,
  clear,
});

function begin() {
  card.classList.add("stale");
  card.setAttribute("aria-busy", "true");
  byId("hint").hidden = true;
}

function show(item, forText) {
  shown = { item, text: forText, form: decisionForm(item, { onsave: save }) };
  fillCard(card, item, shown.form);
  card.hidden = false;
  card.removeAttribute("aria-busy");
  const verdict = item.needs_review ? "需要您看" : "有把握";
  const desk = item.department_name ?? "不转办";
  byId("spoken").textContent = `${verdict}：${item.category_name}，${desk}`;
  showSimilar(byId("similar"), { text: forText, station: station.value.trim() });
}

function fail(error) {
  if (error instanceof Problem) return say(error.message, true);
  const waiting = card.querySelector(".waiting");
  if (waiting) waiting.textContent = "等待服务器…";
}

function clear() {
  shown = null;
  card.hidden = true;
  byId("hint").hidden = false;
  clearSimilar(byId("similar"));
}

/**
 * Save what is on the screen. A save that got no answer is finished first, with its own key:
 * it may have arrived, and must not arrive twice.
 */
async function save() {
  if (saving || !text.value.trim()) return;
  if (isLost()) return say(attempt ? UNSENT : "服务器连不上，还不能保存。内容已留在本机，连上后请再按一次。", true);
  const body = { text: text.value, source: source.value, station: station.value.trim() };
  if (!attempt || JSON.stringify(attempt.body) === JSON.stringify(body)) {
    if (!isFresh()) return say("建议还没有跟上您刚写的内容，请等它出来、看过再保存。", true);
    const { form, item } = shown;
    const choice = form.choice();
    attempt = { body, key: attempt?.key ?? freshKey(), choice, summary: summaryOf(choice, item) };
    keep();
  }
  await finish();
}

const isFresh = () => shown !== null && shown.text === text.value;

/** Send what was begun; without an answer it stays begun. */
async function finish() {
  saving = true;
  if (shown) shown.form.save.disabled = true;
  try {
    saved(await saveDecided(attempt));
  } catch (error) {
    if (error instanceof Silence) say(UNSENT, true);
    else refuse(error);
  } finally {
    saving = false;
    if (shown) shown.form.save.disabled = false;
  }
}

function saved(submission) {
  const { body, summary } = attempt;
  attempt = null;
  if (text.value !== body.text) {
    keep();
    return say(`先前的内容已保存（编号 ${submission.id}）。之后写的还没有保存，请看过再保存。`);
  }
  say(`已保存（编号 ${submission.id}）：${summary}`);
  text.value = "";
  dropDraft("message");
  count();
  changed();
  text.focus();
}

function refuse(error) {
  if (!(error instanceof Problem)) throw error;
  const isPassing = error.status === 429 || error.status >= 500;
  if (!isPassing) attempt = null;
  keep();
  say(error.status === 409 ? `没有保存：${error.message}` : error.message, true);
}

const keep = () => keepDraft("message", { text: text.value, attempt });

const length = () => Array.from(text.value).length;

function count() {
  byId("count").textContent = `${length()} / ${LONGEST} 字`;
  if (length() > LONGEST) say(`太长了：一条留言最多 ${LONGEST} 字，请分成几条。`, true);
}

function typed(event) {
  keep();
  if (text.value) say("");
  count();
  // A half-written pinyin is not yet what the person means.
  if (!event.isComposing) changed();
}

function restore() {
  const draft = readDraft("message");
  const desk = readDraft("desk");
  if (desk.source) source.value = desk.source;
  station.value = desk.station ?? "";
  attempt = draft.attempt ?? null;
  if (draft.text && !text.value) {
    text.value = draft.text;
    say("已找回上次没有保存的内容。");
  }
  // Somebody may have typed before this script was here.
  if (text.value) changed();
}

text.addEventListener("input", typed);
text.addEventListener("compositionend", typed);
for (const field of [source, station]) {
  field.addEventListener("change", () =>
    keepDraft("desk", { source: source.value, station: station.value }));
}
station.addEventListener("change", changed);
byId("clear").addEventListener("click", () => {
  text.value = "";
  attempt = null;
  say("");
  dropDraft("message");
  count();
  changed();
  text.focus();
});
onDecisionKeys({ save, pick: (n) => shown?.form.pick(n) });
connection.addEventListener("back", () => attempt && !saving && finish());
restore();
count();
