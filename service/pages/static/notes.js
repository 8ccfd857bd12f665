/** The page `/notes`: a meeting note, its asks in their surroundings, taken over as submissions. */
import { call, freshKey, Problem, Silence } from "./api.js";
import { askCard } from "./ask.js";
import { connection } from "./connection.js";
import { byId, el, sayIn } from "./dom.js";
import { dropDraft, keepDraft, readDraft } from "./drafts.js";
import { cutAtSpans } from "./reading.js";
import { saveDecided } from "./saving.js";

const SOURCE = "会议记录";
const pasted = byId("pasted");
const say = sayIn(byId("said"));
const HOW = "请看一看，再收下；“需要您看”而没有改过的，收下后留在“待核”。";
const NONE = "没有找到诉求。如果有，请到“录入”页单独写。";
let asks = [];
let taking = false;
let interrupted = false;

async function read(body) {
  say("正在读…");
  byId("read").disabled = true;
  try {
    const answer = await call("/notes", { body });
    show(answer.notes);
  } catch (error) {
    say(error instanceof Silence ? "服务器连不上，还没有读。内容都在，连上后请再试。" : error.message, true);
    if (!(error instanceof Problem || error instanceof Silence)) throw error;
  } finally {
    byId("read").disabled = false;
  }
}

function readFile(file) {
  if (!file) return;
  const body = new FormData();
  body.append("file", file);
  read(body);
}

function show(notes) {
  asks = notes.flatMap((note) => note.asks.filter((ask) => ask.item)).map((ask, i) =>
    askCard(ask, i + 1, { key: freshKey(), onchange: refresh }));
  const numbers = new Map(asks.map((card) => [card.ask, card]));
  byId("note").replaceChildren(...notes.flatMap((note) => marked(note, numbers)));
  byId("asks").replaceChildren(...asks.map((card) => card.element));
  byId("result").hidden = false;
  say(asks.length ? `找到 ${asks.length} 条诉求。${HOW}` : NONE);
  refresh();
  byId("note-title").scrollIntoView({ block: "start" });
}

function marked(note, numbers) {
  const spans = note.asks.map((ask) => ({ start: ask.start, end: ask.end, ask }));
  return cutAtSpans(note.text, spans).map(({ text, spans: over }) => {
    const card = over.map((span) => numbers.get(span.ask)).find(Boolean);
    if (!card) return text;
    const mark = el("mark", {}, text);
    if (!card.mark) mark.dataset.number = card.number;
    card.mark ??= mark;
    card.marks.push(mark);
    return mark;
  }).concat("\n");
}

function refresh() {
  for (const card of asks) {
    card.marks.forEach((mark) => mark.classList.toggle("out", !card.isTicked()));
  }
  const waiting = asks.filter((card) => card.isTicked() && !card.done);
  byId("take").textContent = waiting.length ? `收下 ${waiting.length} 条` : "收下";
  byId("take").disabled = taking || waiting.length === 0;
}

/** Take over one after the other; an interruption goes on where it stopped, nothing twice. */
async function take() {
  if (taking) return;
  taking = true;
  interrupted = false;
  refresh();
  try {
    for (const card of asks.filter((one) => one.isTicked() && !one.done)) {
      await saveDecided({ key: card.key, choice: card.decision(), body: bodyOf(card.ask) });
      card.finish();
    }
    const done = asks.filter((card) => card.done).length;
    byId("taken").textContent = `已收下 ${done} 条。`;
    dropDraft("note");
  } catch (error) {
    interrupted = error instanceof Silence;
    byId("taken").textContent = interrupted ? "还没有收完：服务器连不上。连上后会自动继续，不会重复。" : error.message;
    if (!(error instanceof Problem || error instanceof Silence)) throw error;
  } finally {
    taking = false;
    refresh();
  }
}

const bodyOf = ({ item, source, paragraph, start }) => ({
  text: item.text,
  source: SOURCE,
  station: item.place ?? "",
  external_id: `${source}#${paragraph}:${start}`.slice(-100),
});

function dropZone(zone) {
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", name === "dragenter" || name === "dragover");
      if (name === "drop") readFile(event.dataTransfer.files[0]);
    });
  }
}

dropZone(byId("drop"));
byId("file").addEventListener("change", (event) => {
  readFile(event.target.files[0]);
  event.target.value = ""; // So that the same file can be chosen again.
});
byId("read").addEventListener("click", () => pasted.value.trim() && read({ text: pasted.value }));
byId("take").addEventListener("click", take);
pasted.addEventListener("input", () => keepDraft("note", { text: pasted.value }));
connection.addEventListener("back", () => interrupted && take());
pasted.value = readDraft("note").text ?? "";
