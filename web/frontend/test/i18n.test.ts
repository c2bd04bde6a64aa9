import { expect, test } from "vitest";
import { DICTIONARIES, filled } from "../src/i18n";
import { zh } from "../src/i18n/zh";

const PLACE = /\{(\w+)\}/g;
const places = (text: string) => [...text.matchAll(PLACE)].map((match) => match[1]).sort();
const SOURCES = Object.entries(
  import.meta.glob<string>(["../src/**/*.ts", "!../src/i18n/**"], {
    query: "?raw",
    import: "default",
    eager: true,
  }),
);

test("both languages have every text, with the same places to fill", () => {
  for (const [key, text] of Object.entries(zh)) {
    const english = DICTIONARIES.en[key as keyof typeof zh];
    expect(english, key).toBeTruthy();
    expect(places(english), key).toEqual(places(text));
  }
});

test("no English text is left in Chinese", () => {
  for (const [key, text] of Object.entries(DICTIONARIES.en))
    expect(/[\u4e00-\u9fff]/.test(text), key).toBe(false);
});

test("no text stands in the sources outside the dictionaries", () => {
  expect(SOURCES.length).toBeGreaterThan(30);
  for (const [file, source] of SOURCES) {
    const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
    expect(/["'`][^"'`\n]*[\u4e00-\u9fff]/.test(code.replaceAll('"、"', "")), file).toBe(false);
  }
});

test("every text is used", () => {
  const code = SOURCES.map(([, source]) => source).join("\n");
  for (const key of Object.keys(zh)) expect(code.includes(`"${key}"`), key).toBe(true);
});

test("a value that is missing leaves its place visible", () => {
  expect(filled("{n}/{m}", { n: 3 })).toBe("3/{m}");
});
