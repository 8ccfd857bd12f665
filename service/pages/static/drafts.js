/**
 * What was typed and not yet saved, kept in this browser so that a reload loses nothing.
 * It is dropped once saved, and when the clerk signs out.
 */
const STEM = "wuwei.draft.";

export function readDraft(name) {
  try {
    return JSON.parse(localStorage.getItem(STEM + name)) ?? {};
  } catch {
    return {}; // Damaged, or storage is forbidden: begin afresh.
  }
}

export function keepDraft(name, draft) {
  try {
    localStorage.setItem(STEM + name, JSON.stringify(draft));
  } catch {
    // Full or forbidden: the text is still on the screen.
  }
}

export function dropDraft(name) {
  try {
    localStorage.removeItem(STEM + name);
  } catch {
    // Nothing was kept then.
  }
}

export function dropAllDrafts() {
  ["message", "note"].forEach(dropDraft);
}
