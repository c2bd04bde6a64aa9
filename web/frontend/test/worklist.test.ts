import { beforeEach, expect, test, vi } from "vitest";
import { AT_ONCE, Gatherer, GATHER_MS, changeOf, listen } from "../src/net/live";
import { Order, rowsOf, swapRows } from "../src/worklist/rows";
import { Selection } from "../src/worklist/selection";
import { minutesSince, waitingText } from "../src/dom/time";

const row = (id: number, order: string, text = "") =>
  `<tr data-study="${id}" data-order="${order}"><td>${text}</td></tr>`;
let body: HTMLTableSectionElement;
const rows = () => [...body.querySelectorAll<HTMLTableRowElement>("tr")];
const ids = () => rows().map((one) => one.dataset["study"]);

beforeEach(() => {
  document.body.innerHTML = `<table id="worklist"><tbody>${row(1, "0|a")}${row(2, "1|b")}${row(3, "2|c")}</tbody></table>`;
  body = document.querySelector("tbody") as HTMLTableSectionElement;
});

test("a changed row changes where it stands, even when it would now sort elsewhere", () => {
  const swap = swapRows(body, ["2"], rowsOf(row(2, "9|z", "已签发")));
  expect(ids()).toEqual(["1", "2", "3"]);
  expect(rows()[1]?.textContent).toBe("已签发");
  expect(swap).toEqual({ replaced: 1, added: 0, removed: 0 });
});

test("a new row goes to its place in the order", () => {
  swapRows(body, ["7"], rowsOf(row(7, "1|a")));
  expect(ids()).toEqual(["1", "7", "2", "3"]);
});

test("a row that is last in the order goes to the end", () => {
  swapRows(body, ["7"], rowsOf(row(7, "5|a")));
  expect(ids().at(-1)).toBe("7");
});

test("an id that was asked for and not answered goes", () => {
  expect(swapRows(body, ["1", "9"], []).removed).toBe(1);
  expect(ids()).toEqual(["2", "3"]);
});

test("rows that nobody asked about stay as they are", () => {
  const untouched = rows()[2];
  swapRows(body, ["1"], rowsOf(row(1, "0|a")));
  expect(rows()[2]).toBe(untouched);
});

test("the keyboard's row stays selected when it is swapped", () => {
  const selection = new Selection(body);
  selection.move(1);
  selection.move(1);
  swapRows(body, ["2"], rowsOf(row(2, "1|b", "新")));
  expect(selection.row?.dataset["study"]).toBe("2");
});

test("Enter opens the selected row, and the first where none is selected yet", () => {
  const selection = new Selection(body);
  expect(selection.toOpen?.dataset["study"]).toBe("1");
  selection.move(1);
  selection.move(1);
  expect(selection.toOpen?.dataset["study"]).toBe("2");
  body.replaceChildren();
  expect(selection.toOpen).toBeNull();
});

test("the keyboard stops at the ends of the list", () => {
  const selection = new Selection(body);
  selection.move(-1);
  expect(selection.row?.dataset["study"]).toBe("1");
  for (let step = 0; step < 9; step++) selection.move(1);
  expect(selection.row?.dataset["study"]).toBe("3");
});

test("the first few events are told at once and a burst is few questions", () => {
  vi.useFakeTimers();
  const told = vi.fn();
  const gatherer = new Gatherer(told);
  for (let number = 1; number <= AT_ONCE; number++) {
    gatherer.add([String(number)]);
    expect(told).toHaveBeenLastCalledWith([String(number)]);
  }
  gatherer.add(["7", "8"]);
  gatherer.add(["8", "9"]);
  expect(told).toHaveBeenCalledTimes(AT_ONCE);
  vi.advanceTimersByTime(GATHER_MS);
  expect(told).toHaveBeenLastCalledWith(["7", "8", "9"]);
  gatherer.add(["10"]);
  expect(told).toHaveBeenCalledTimes(AT_ONCE + 1);
  vi.advanceTimersByTime(GATHER_MS);
  expect(told).toHaveBeenLastCalledWith(["10"]);
  vi.useRealTimers();
});

test("after a quiet while the next few events are told at once again", () => {
  vi.useFakeTimers();
  const told = vi.fn();
  const gatherer = new Gatherer(told);
  for (let number = 0; number < AT_ONCE; number++) gatherer.add([String(number)]);
  vi.advanceTimersByTime(AT_ONCE * GATHER_MS);
  for (let number = 0; number < AT_ONCE; number++) gatherer.add([String(number)]);
  expect(told).toHaveBeenCalledTimes(2 * AT_ONCE);
  vi.useRealTimers();
});

test("an answer that was overtaken by a later question's does not bring the old row back", () => {
  const order = new Order();
  const [first, second] = [order.ask(), order.ask()];
  expect(order.stillAsked(second, ["2"])).toEqual(["2"]);
  expect(order.stillAsked(first, ["1", "2"])).toEqual(["1"]);
});

test("a change names studies, and may bring their rows; anything else is none", () => {
  expect(changeOf('{"ids":[1,2]}')).toEqual({ ids: ["1", "2"] });
  expect(changeOf('{"ids":[1],"rows":"<tr>"}')).toEqual({ ids: ["1"], rows: "<tr>" });
  expect(changeOf("nonsense")).toEqual({ ids: [] });
});

test("rows that come with a change are shown at once; a change without them is asked about", () => {
  const lines: EventTarget[] = [];
  class Line extends EventTarget {
    constructor() {
      super();
      lines.push(this);
    }
    close() {}
  }
  vi.stubGlobal("EventSource", Line);
  const [told, changed] = [vi.fn(), vi.fn()];
  const stop = listen("/worklist/changes", { changed, told, line: () => undefined });
  const say = (data: string) => lines[0]?.dispatchEvent(new MessageEvent("study", { data }));
  say('{"ids":[4],"rows":"<tr>"}');
  expect(told).toHaveBeenCalledWith(["4"], "<tr>");
  expect(changed).not.toHaveBeenCalled();
  say('{"ids":[5,6]}');
  expect(changed).toHaveBeenCalledWith(["5", "6"]);
  stop();
  vi.unstubAllGlobals();
});

test("waiting is said in minutes, then hours, then days", () => {
  const at = Date.parse("2026-11-22T10:00:00Z");
  expect(minutesSince("2026-11-22T09:48:30Z", at)).toBe(11);
  expect(minutesSince("2026-11-22T10:05:00Z", at)).toBe(0);
  expect([waitingText(11), waitingText(65), waitingText(60 * 28)]).toEqual([
    "11 分",
    "1 小时 05 分",
    "1 天 4 小时",
  ]);
});
