/** The keys that the intake page and the queue share. */

/** Ctrl+Enter (or ⌘+Enter) calls `save()`, Alt and a digit `pick(n)` with n counted from 0. */
export function onDecisionKeys({ save, pick }) {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      save();
    } else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
      event.preventDefault();
      pick(Number(event.code.slice(5)) - 1);
    }
  });
}
