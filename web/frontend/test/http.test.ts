import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { json, outcomeOf } from "../src/net/http";

const answer = (status: number, body: unknown) =>
  new Response(body === undefined ? null : JSON.stringify(body), { status });

beforeEach(() => {
  document.head.innerHTML = '<meta name="csrf-token" content="old">';
});
afterEach(() => vi.unstubAllGlobals());

test("a 401 that says log in, or says nothing, is an ended session", async () => {
  expect(await outcomeOf(answer(401, { error: "login" }))).toEqual({ kind: "expired" });
  expect(await outcomeOf(answer(401, {}))).toEqual({ kind: "expired" });
});

test("a 401 that asks for the password is a refusal with its sentence", async () => {
  const outcome = await outcomeOf(answer(401, { error: "password", message: "密码不正确。" }));
  expect(outcome).toMatchObject({ kind: "refused", status: 401, body: { message: "密码不正确。" } });
});

test("a hub that is away for a moment is offline, not a refusal", async () => {
  for (const status of [502, 503, 504]) expect((await outcomeOf(answer(status, {}))).kind).toBe("offline");
});

test("an answer without a body is an empty one", async () => {
  expect(await outcomeOf(answer(200, null))).toEqual({ kind: "ok", status: 200, body: {} });
});

test("a network that fails is offline and throws nothing", async () => {
  vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("failed")));
  expect(await json("GET", "/x")).toEqual({ kind: "offline" });
});

test("every change carries the page's token", async () => {
  const fetched = vi.fn().mockResolvedValue(answer(200, {}));
  vi.stubGlobal("fetch", fetched);
  await json("PUT", "/x", { a: 1 });
  expect(fetched.mock.calls[0]?.[1].headers["X-CSRFToken"]).toBe("old");
});

test("a stale token is read anew from the page, once, and the request sent again", async () => {
  const page = new Response('<html><head><meta name="csrf-token" content="new"></head></html>');
  const fetched = vi
    .fn()
    .mockResolvedValueOnce(answer(400, { error: "csrf" }))
    .mockResolvedValueOnce(page)
    .mockResolvedValueOnce(answer(200, { version: 2 }));
  vi.stubGlobal("fetch", fetched);
  expect(await json("PUT", "/x", {})).toMatchObject({ kind: "ok", body: { version: 2 } });
  expect(fetched.mock.calls[2]?.[1].headers["X-CSRFToken"]).toBe("new");
});
