/** Suggestions while somebody types: asked for in the pauses, stale answers dropped. */
import { call, Problem } from "./api.js";
import { connection } from "./connection.js";

const PAUSE = 150;

/**
 * Follow a text; return the function to call when it has changed.
 *
 * `read()` returns the text, `more()` what else the request says. `begin()` is told that what is
 * shown has become stale, `clear()` that there is no text; `show(item, text)` gets each answer
 * that is still wanted, `fail(error)` what went wrong with it.
 */
export function follow({ read, more, begin, show, fail, clear }) {
  let number = 0;
  let timer = 0;
  let request = null;

  function changed() {
    clearTimeout(timer);
    request?.abort();
    number += 1; // From here on no answer to an earlier text counts.
    if (!read().trim()) return clear();
    begin();
    timer = setTimeout(ask, PAUSE);
  }

  async function ask() {
    const mine = number;
    const text = read();
    request = new AbortController();
    try {
      const item = await call("/suggest", { body: { text, ...more() }, signal: request.signal });
      if (mine === number) show(item, text);
    } catch (error) {
      if (mine !== number || error.name === "AbortError") return;
      const isBusy = error instanceof Problem && error.status === 429;
      if (isBusy) timer = setTimeout(ask, error.retryAfter * 1_000);
      else fail(error);
    }
  }

  connection.addEventListener("back", changed);
  return changed;
}
