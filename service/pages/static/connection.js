/**
 * Whether the server answers. Who finds it silent calls `lost()`; a banner says so, and the
 * server is asked again every two seconds until it answers; then `back` is fired.
 */
import { byId } from "./dom.js";

const EVERY = 2_000;
const PATIENCE = 30_000;
const SHOW_BACK = 4_000;

export const connection = new EventTarget();
let silent = false;
let hiding = 0;

export const isLost = () => silent;

/** `fetch`, but a server that hangs counts as one that is away. */
export async function fetchPatiently(url, { signal, ...request }) {
  const patience = new AbortController();
  const giveUp = () => patience.abort();
  const timer = setTimeout(giveUp, PATIENCE);
  signal?.addEventListener("abort", giveUp);
  try {
    return await fetch(url, { ...request, signal: patience.signal });
  } finally {
    clearTimeout(timer);
  }
}

export function lost() {
  if (silent) return;
  silent = true;
  clearTimeout(hiding);
  show("服务器暂时连不上。您输入的内容都在，可以继续写；连上以后会自动继续。", false);
  setTimeout(ask, EVERY);
}

async function ask() {
  try {
    const answer = await fetchPatiently("/api/v1/healthz", { cache: "no-store" });
    if (answer.status < 500) return found();
  } catch {
    // Still silent: ask again.
  }
  setTimeout(ask, EVERY);
}

function found() {
  silent = false;
  show("已重新连上服务器。", true);
  hiding = setTimeout(() => (byId("banner").hidden = true), SHOW_BACK);
  connection.dispatchEvent(new Event("back"));
}

function show(message, isBack) {
  const banner = byId("banner");
  banner.textContent = message;
  banner.classList.toggle("back", isBack);
  banner.hidden = false;
}
