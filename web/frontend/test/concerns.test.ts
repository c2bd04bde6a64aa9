import { beforeEach, expect, test } from "vitest";
import { askReasons } from "../src/reading/report/concerns";

const UNTOUCHED = { key: "untouched", title: "AI 建议未核对", said: "报告与 AI 建议逐字相同" };
const EMPTY = { key: "empty", title: "内容空缺", said: "检查所见为空" };
const fields = () => [...document.querySelectorAll<HTMLInputElement>("dialog .concern input")];
const press = (field: HTMLInputElement, code: string) =>
  field.dispatchEvent(new KeyboardEvent("keydown", { code, bubbles: true, cancelable: true }));
const submit = () =>
  document.querySelector("dialog form")?.dispatchEvent(new Event("submit", { cancelable: true }));

beforeEach(() => document.body.replaceChildren());

test("no reason stands there before the doctor has given it", () => {
  void askReasons("张三", [UNTOUCHED, EMPTY]);
  expect(fields().map((one) => one.value)).toEqual(["", ""]);
});

test("one key says that an AI text was read word by word, and only of the AI text", async () => {
  const answer = askReasons("张三", [UNTOUCHED, EMPTY]);
  const [untouched, empty] = fields() as [HTMLInputElement, HTMLInputElement];
  press(untouched, "Digit1");
  press(empty, "Digit1");
  expect([untouched.value, empty.value]).toEqual(["已逐字核对，采用", ""]);
  empty.value = "见既往报告";
  submit();
  expect(await answer).toEqual({ untouched: "已逐字核对，采用", empty: "见既往报告" });
});

test("a reason that the doctor is typing keeps its digits", () => {
  void askReasons("张三", [UNTOUCHED]);
  const [field] = fields() as [HTMLInputElement];
  field.value = "已核对 ";
  press(field, "Digit1");
  expect(field.value).toBe("已核对 ");
});
