import { expect, test } from "vitest";
import type { Template } from "../src/reading/contract";
import { unsavedOf } from "../src/base/logout";
import { phrasesFor, PhraseMenu, wordBefore } from "../src/reading/report/phrase-menu";
import { concernsOf } from "../src/reading/report/concerns";
import { matching } from "../src/reading/report/template-picker";

const template = (kind: Template["kind"], title: string, shortcut: string, findings: string): Template => ({
  kind,
  title,
  shortcut,
  findings,
  impression: "",
  advice: "",
});
const PRIOR = template("phrase", "与前片比较", "yqp", "与前片比较，病变未见明确变化。");
const CLINIC = template("phrase", "请结合临床", "jhlc", "请结合临床。");
const NODULE = template("finding", "肺结节", "jj", "结节影。");
const ALL = [NODULE, PRIOR, CLINIC];

test("the word before the cursor ends at a mark, and one letter is no word", () => {
  expect(wordBefore("双肺清。yqp", 7)).toBe("yqp");
  expect(wordBefore("双肺清。y", 5)).toBe("");
  expect(wordBefore("yqp。", 4)).toBe("");
});

test("a phrase is meant by its letters or by its first characters", () => {
  expect(phrasesFor(ALL, "yq")).toEqual([PRIOR]);
  expect(phrasesFor(ALL, "请结")).toEqual([CLINIC]);
  expect(phrasesFor(ALL, "jj")).toEqual([]);
  expect(phrasesFor(ALL, CLINIC.findings)).toEqual([]);
});

function typed(text: string): { area: HTMLTextAreaElement; menu: PhraseMenu } {
  const fields = document.createElement("div");
  const area = document.createElement("textarea");
  fields.append(area);
  document.body.replaceChildren(fields);
  const menu = new PhraseMenu(fields, ALL);
  area.value = text;
  area.setSelectionRange(text.length, text.length);
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  return { area, menu };
}

test("Tab puts the phrase in place of what was typed", () => {
  const { area, menu } = typed("双肺清。yqp");
  expect(menu.element.hidden).toBe(false);
  area.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
  expect(area.value).toBe("双肺清。与前片比较，病变未见明确变化。");
  expect(menu.element.hidden).toBe(true);
});

test("Escape closes the offer and leaves the words", () => {
  const { area, menu } = typed("yqp");
  area.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
  expect(menu.element.hidden).toBe(true);
  expect(area.value).toBe("yqp");
});

test("templates are found by letters, title or impression", () => {
  expect(matching([NODULE], "jj")).toEqual([NODULE]);
  expect(matching([NODULE], "结节")).toEqual([NODULE]);
  expect(matching([NODULE], "气胸")).toEqual([]);
  expect(matching([NODULE], " ")).toEqual([NODULE]);
});

test("a refusal without concerns has none", () => {
  expect(concernsOf({ error: "concerns" })).toEqual([]);
});

test("logging out finds one's own words and nobody else's", () => {
  localStorage.clear();
  localStorage.setItem("readhub.unsaved.li.1", "{}");
  localStorage.setItem("readhub.unsaved.lili.1", "{}");
  localStorage.setItem("other", "x");
  expect(unsavedOf(localStorage, "li")).toEqual(["readhub.unsaved.li.1"]);
});
