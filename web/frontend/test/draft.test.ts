import { beforeEach, expect, test, vi } from "vitest";
import type { Api } from "../src/reading/api";
import type { Draft, Text } from "../src/reading/contract";
import { DraftSaver } from "../src/reading/report/draft-saver";
import { isUnsaved, opened, SAVE_AFTER_MS, step } from "../src/reading/report/draft-state";
import { SafetyNet } from "../src/reading/report/safety-net";

const DRAFT: Draft = {
  version: 3,
  findings: "",
  impression: "",
  advice: "",
  addendum: "",
  savedAt: null,
  by: null,
};
const words = (findings: string): Text => ({ findings, impression: "", advice: "", addendum: "" });
const THEIRS: Draft = { ...DRAFT, ...words("别人写的"), version: 8, by: "赵医生" };

beforeEach(() => localStorage.clear());

test("the first letter is kept on the machine and due on the server within two seconds", () => {
  const [state, effects] = step(opened(DRAFT, "d"), { type: "typed", text: words("右") });
  expect(state.phase).toBe("dirty");
  expect(effects).toEqual([{ do: "keep" }, { do: "wait", ms: SAVE_AFTER_MS }]);
  expect(SAVE_AFTER_MS).toBeLessThan(2000);
});

test("going on to type does not put the saving off", () => {
  const [state] = step(opened(DRAFT, "d"), { type: "typed", text: words("右") });
  const [, effects] = step(state, { type: "typed", text: words("右肺") });
  expect(effects).toEqual([{ do: "keep" }]);
});

test("what was typed during a save is saved next, and is not called saved before", () => {
  let [state] = step(opened(DRAFT, "d"), { type: "typed", text: words("右") });
  [state] = step(state, { type: "due" });
  [state] = step(state, { type: "typed", text: words("右肺") });
  const [after, effects] = step(state, { type: "saved", version: 4, savedAt: "now", shown: "e" });
  expect(after).toMatchObject({ phase: "dirty", base: 4, shown: "e" });
  expect(effects).toEqual([{ do: "wait", ms: SAVE_AFTER_MS }]);
});

test("a save that answers takes the words off the machine and brings the new digest", () => {
  let [state] = step(opened(DRAFT, "d"), { type: "typed", text: words("右") });
  [state] = step(state, { type: "due" });
  const [after, effects] = step(state, { type: "saved", version: 4, savedAt: "now", shown: "e" });
  expect(after).toMatchObject({ phase: "clean", shown: "e", base: 4 });
  expect(effects).toEqual([{ do: "forget" }]);
});

test("a draft changed elsewhere is never overwritten unasked: both are shown, and nothing is sent meanwhile", () => {
  let [state] = step(opened(DRAFT, "d"), { type: "typed", text: words("我写的") });
  [state] = step(state, { type: "due" });
  const [conflict, effects] = step(state, { type: "changed-elsewhere", draft: THEIRS });
  expect(effects).toContainEqual({ do: "show-both" });
  const [still, none] = step(step(conflict, { type: "typed", text: words("我写的更多") })[0], {
    type: "due",
  });
  expect(still.phase).toBe("conflict");
  expect(none).toEqual([]);
});

test("choosing one's own words sends them on top of the other version", () => {
  const [conflict] = step(
    { ...opened(DRAFT, "d"), text: words("我写的") },
    { type: "changed-elsewhere", draft: THEIRS },
  );
  const [, effects] = step(conflict, { type: "take-mine" });
  expect(effects).toEqual([{ do: "put", text: words("我写的"), base: 8 }]);
});

test("choosing the other's words loads the case anew, since what is shown has changed", () => {
  const [conflict] = step(
    { ...opened(DRAFT, "d"), text: words("我写的") },
    { type: "changed-elsewhere", draft: THEIRS },
  );
  const [state, effects] = step(conflict, { type: "take-theirs" });
  expect(state.text.findings).toBe("别人写的");
  expect(effects).toEqual([{ do: "forget" }, { do: "reload" }]);
});

test("offline and logged out keep the words on the machine; offline tries again by itself", () => {
  let [state] = step(opened(DRAFT, "d"), { type: "typed", text: words("右") });
  [state] = step(state, { type: "due" });
  expect(step(state, { type: "unreachable" })[1]).toEqual([
    { do: "keep" },
    { do: "wait", ms: expect.any(Number) },
  ]);
  const [expired, effects] = step(state, { type: "expired" });
  expect(effects).toEqual([{ do: "keep" }]);
  expect(isUnsaved(expired)).toBe(true);
});

test("a study held by somebody else saves nothing until it is taken over", () => {
  const [held] = step(
    { ...opened(DRAFT, "d"), text: words("我写的"), phase: "saving" },
    { type: "held", by: "赵医生" },
  );
  expect(step(held, { type: "due" })[1]).toEqual([]);
  expect(step(held, { type: "claimed" })[1]).toEqual([{ do: "put", text: words("我写的"), base: 3 }]);
});

test("the saver leaves nothing on the machine once the server has it", async () => {
  vi.useFakeTimers();
  const net = new SafetyNet(localStorage, "李明华", 17);
  const saveDraft = vi.fn(async () => ({
    kind: "ok",
    status: 200,
    body: { version: 4, savedAt: "now", shown: "e" },
  }));
  const saver = new DraftSaver(DRAFT, "d", { saveDraft } as unknown as Api, net, {
    changed: () => {},
    showBoth: () => {},
    reload: () => {},
  });
  saver.typed(words("右肺"));
  expect(net.kept()?.text.findings).toBe("右肺");
  await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS);
  expect(saveDraft).toHaveBeenCalledExactlyOnceWith(words("右肺"), 3);
  expect(net.kept()).toBeNull();
  expect(localStorage.length).toBe(0);
  vi.useRealTimers();
});

test("flushing waits for the save under way and sends what came after it", async () => {
  let version = 3;
  const sent: string[] = [];
  const saveDraft = async (text: Text) => {
    sent.push(text.findings);
    await Promise.resolve();
    return { kind: "ok", status: 200, body: { version: ++version, savedAt: "now", shown: `e${version}` } };
  };
  const saver = new DraftSaver(
    DRAFT,
    "d",
    { saveDraft } as unknown as Api,
    new SafetyNet(localStorage, "x", 1),
    { changed: () => {}, showBoth: () => {}, reload: () => {} },
  );
  saver.typed(words("一"));
  saver.happen({ type: "due" });
  saver.typed(words("一二"));
  expect(await saver.flush()).toBe(true);
  expect(sent).toEqual(["一", "一二"]);
  expect(saver.state.shown).toBe("e5");
});

test("one person's unsaved words are not shown to another, nor in another study", () => {
  new SafetyNet(localStorage, "李明华", 17).keep(words("右肺"), 3);
  expect(new SafetyNet(localStorage, "赵医生", 17).kept()).toBeNull();
  expect(new SafetyNet(localStorage, "李明华", 18).kept()).toBeNull();
});
