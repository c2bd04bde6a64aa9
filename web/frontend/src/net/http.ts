/** Fetches with the session's CSRF token and says plainly how it went. */

export type Outcome<T> =
  | { kind: "ok"; status: number; body: T }
  | { kind: "refused"; status: number; body: Refusal }
  | { kind: "expired" }
  | { kind: "offline" };

/** What the server says when it will not: a key, and often a sentence and more. */
export interface Refusal {
  error?: string;
  message?: string;
  [more: string]: unknown;
}

const KEPT_ALIVE = 20_000;
const EXPIRED = new Set(["login", "session", "expired"]);

/** Sends and reads JSON; never throws for what a network or a server may do. */
export async function json<T>(
  method: string,
  url: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  const first = await once<T>(method, url, body, signal);
  const stale = first.kind === "refused" && first.status === 400 && first.body.error === "csrf";
  return stale && (await refreshToken()) ? once<T>(method, url, body, signal) : first;
}

async function once<T>(
  method: string,
  url: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  let response: Response;
  try {
    response = await fetch(url, request(method, body, signal));
  } catch (fault) {
    if (signal?.aborted) throw fault;
    tellLine(false);
    return { kind: "offline" };
  }
  const outcome = await outcomeOf<T>(response);
  tellLine(outcome.kind !== "offline");
  return outcome;
}

/** The page shows that the line is down, and that it is back (`base/line.ts`). */
function tellLine(up: boolean): void {
  document.dispatchEvent(new CustomEvent("readhub:line", { detail: up }));
}

function request(method: string, body: unknown, signal?: AbortSignal): RequestInit {
  const headers: Record<string, string> = { Accept: "application/json", "X-Requested-With": "fetch" };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = body === undefined ? null : JSON.stringify(body);
  // What is being saved goes on although the page is left; browsers allow that up to 64 KiB.
  const keepalive = method !== "GET" && (sent?.length ?? 0) < KEPT_ALIVE;
  return { method, headers, credentials: "same-origin", body: sent, signal: signal ?? null, keepalive };
}

/** Sorts an answer: a login page instead of an answer, or a 401 that is no password question, is an expired session. */
export async function outcomeOf<T>(response: Response): Promise<Outcome<T>> {
  if (response.redirected && new URL(response.url).pathname === "/login") return { kind: "expired" };
  const content = ((await response.json().catch(() => null)) ?? {}) as Refusal;
  if (response.ok) return { kind: "ok", status: response.status, body: content as unknown as T };
  if (response.status === 401 && (content.error === undefined || EXPIRED.has(content.error)))
    return { kind: "expired" };
  if (response.status === 502 || response.status === 503 || response.status === 504)
    return { kind: "offline" };
  return { kind: "refused", status: response.status, body: content };
}

function meta(): HTMLMetaElement | null {
  return document.querySelector<HTMLMetaElement>("meta[name=csrf-token]");
}

function token(): string {
  return meta()?.content ?? "";
}

/** After a new login in another tab this page's token is stale: read the new one from the page itself. */
async function refreshToken(): Promise<boolean> {
  const response = await fetch(location.pathname, { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok || response.redirected) return false;
  const fresh = new DOMParser()
    .parseFromString(await response.text(), "text/html")
    .querySelector<HTMLMetaElement>("meta[name=csrf-token]");
  const own = meta();
  if (!fresh || !own) return false;
  own.content = fresh.content;
  return true;
}
