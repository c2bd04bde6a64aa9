import { expect, test } from "vitest";
import { Api } from "../src/reading/api";
import { Progress } from "../src/screening/progress";

test("a page is complete once each ECG that is to be confirmed was in view", () => {
  const page = new Progress([7, 8, 9]);
  expect([page.complete, page.next]).toEqual([false, 7]);
  page.see(7);
  page.see(9);
  page.see(99);
  expect([page.complete, page.next, page.seenOnes]).toEqual([false, 8, [7, 9]]);
  page.see(8);
  expect([page.complete, page.wanted]).toEqual([true, [7, 8, 9]]);
});

test("what is taken out is neither confirmed nor has to be seen, until it is put back", () => {
  const page = new Progress([7, 8]);
  page.see(7);
  page.setOut(8, true);
  expect([page.complete, page.wanted, page.outOnes]).toEqual([true, [7], 1]);
  page.setOut(8, false);
  expect([page.complete, page.wanted]).toEqual([false, [7, 8]]);
});

test("a case that was opened among a campaign's asks for the next one among them", () => {
  const asked: string[] = [];
  globalThis.fetch = ((url: string) => {
    asked.push(url);
    return Promise.reject(new Error("no line"));
  }) as typeof fetch;
  const api = Api.ofCase("/studies/17/case.json?campaign=3");
  void api.readCase();
  void api.sign("", { findings: "", impression: "", advice: "", addendum: "" }, {});
  void api.openAddendum();
  expect(asked).toEqual([
    "/studies/17/case.json?campaign=3",
    "/studies/17/sign?campaign=3",
    "/studies/17/addendum",
  ]);
});
