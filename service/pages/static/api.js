/** Calls to the API; what goes wrong is a `Problem` (the server said no) or `Silence`. */
import { fetchPatiently, lost } from "./connection.js";

export class Silence extends Error {}

export class Problem extends Error {
  constructor(status, chinese, retryAfter) {
    super(chinese);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/**
 * Send a request, return its JSON (null for an empty answer).
 *
 * `body` is sent as JSON, or as it is where it is a FormData. A request that may be sent twice
 * carries an idempotency key, so that the second makes nothing new.
 */
export async function call(path, { method = "POST", body, signal, idempotencyKey } = {}) {
  const headers = { Accept: "application/json", "X-CSRF-Token": token };
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  const answer = await send(`/api/v1${path}`, {
    method,
    headers,
    signal,
    cache: "no-store",
    body: isForm || body === undefined ? body : JSON.stringify(body),
  });
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) throw await problemOf(answer);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, options) => call(path, { ...options, method: "GET" });

async function send(url, request) {
  let answer;
  try {
    answer = await fetchPatiently(url, request);
  } catch (error) {
    if (request.signal?.aborted) throw error; // Nobody wants the answer any more.
    lost();
    throw new Silence("服务器没有回答。");
  }
  // What a proxy says in place of a server that is away.
  const isOurs = answer.headers.get("Content-Type")?.startsWith("application/problem+json");
  if ([502, 503, 504].includes(answer.status) && !isOurs) {
    lost();
    throw new Silence("服务器没有回答。");
  }
  return answer;
}

async function problemOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const said = body.detail ?? body.title ?? `服务器答复 ${answer.status}`;
  return new Problem(answer.status, String(said), Number(answer.headers.get("Retry-After")) || 1);
}

/** A key that no other request has; `crypto.randomUUID` exists only on HTTPS and loopback. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
