/** Saving what a person decided: a submission, then the decision about it. */
import { call } from "./api.js";

const FIRST_VERSION = 1;

/**
 * Keep a message with its decision. May be repeated with the same key after any failure: the
 * server then finds the submission of the first time, and the same decision is no second one.
 * Without a choice the submission stays open and waits in the queue.
 */
export async function saveDecided({ body, key, choice }) {
  const submission = await call("/submissions", { body, idempotencyKey: key });
  return choice ? decide(submission.id, FIRST_VERSION, choice) : submission;
}

/** Put down a decision about the version that was on the screen; a `Problem` 409 if it moved on. */
export const decide = (id, version, choice) =>
  call(`/submissions/${encodeURIComponent(id)}/decision`, {
    body: { version, ...choice, saw_suggestion: true },
  });
