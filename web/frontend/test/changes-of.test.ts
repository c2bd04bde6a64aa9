import { expect, test } from "vitest";
import { changesOf } from "../src/base/changes-of";

const form = (name: string, sex: string, born: string, unknown = false) => {
  document.body.innerHTML = `<form>
    <label class="field"><span class="field-label">姓名</span><input data-held="王^五" value="${name}"></label>
    <label class="field"><span class="field-label">性别</span><select data-held="男">
      ${["", "M:男", "F:女"].map((one) => `<option value="${one.split(":")[0]}">${one.split(":")[1] ?? ""}</option>`).join("")}
    </select></label>
    <label class="field"><span class="field-label">出生日期</span><input data-held="1958-01-02" value="${born}"></label>
    <label class="field"><span class="field-label">不详</span><input type="checkbox" data-held="1958-01-02"
      data-says="未知" ${unknown ? "checked" : ""}></label>
    <textarea></textarea></form>`;
  (document.querySelector("select") as HTMLSelectElement).value = sex;
  return document.querySelector("form") as HTMLFormElement;
};
const lines = (list: HTMLElement | null) =>
  [...(list?.querySelectorAll("li") ?? [])].map((one) => one.textContent);

test("before a correction is confirmed, each old value stands beside its new one", () => {
  expect(lines(changesOf(form("赵^六", "F", "1970-02-03")))).toEqual([
    "姓名 王^五 → 赵^六",
    "性别 男 → 女",
    "出生日期 1958-01-02 → 1970-02-03",
  ]);
  expect(lines(changesOf(form("王^五", "M", "", true)))).toEqual(["不详 1958-01-02 → 未知"]);
});

test("what is left as it was or blank is no change", () => {
  expect(changesOf(form("王^五", "", ""))).toBeNull();
});
