/** Texts by key in the page's language; `zh.ts` says which keys there are, `en.ts` must have every one. */
import { en } from "./en";
import { type Key, zh } from "./zh";

export type { Key } from "./zh";
export type Language = "zh-CN" | "en";

export const DICTIONARIES: Record<Language, Record<Key, string>> = { "zh-CN": zh, en };

/** The page's language as `<html lang>` says it. */
export const language: Language = document.documentElement.lang.startsWith("en") ? "en" : "zh-CN";

/** The text for `key`, with `{name}` replaced by `values.name`. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return filled(DICTIONARIES[language][key], values);
}

/** Replaces each `{name}`; a name without a value stays as it stands. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The one of two labels that fits the page's language, or the other when it is empty. */
export function labelled(zhText: string, enText: string): string {
  return (language === "en" ? enText || zhText : zhText || enText) || "";
}
