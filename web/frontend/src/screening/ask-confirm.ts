/** Asks once before a page is confirmed, in words that name the patients, with the password where it is needed. */
import { ask } from "../dom/dialog";
import { h } from "../dom/element";
import { t } from "../i18n";

/** The password, "" where none is asked for, null when the person thought better of it. */
export async function askConfirm(
  names: string[],
  needsPassword: boolean,
  wrong: string,
): Promise<string | null> {
  const field = h("input", {
    type: "password",
    autocomplete: "current-password",
    "aria-label": t("password"),
    required: true,
  });
  const answer = await ask({
    title: t("sheetAsk", { n: names.length }),
    body: [
      h("p", {}, t("sheetAskHelp")),
      h("p", { class: "sheet-names" }, names.join("、")),
      wrong && h("div", { class: "notice notice-bad", role: "alert" }, wrong),
      needsPassword &&
        h("label", { class: "field" }, h("span", { class: "field-label" }, t("password")), field),
    ],
    choices: [
      { key: "", label: t("cancel") },
      { key: "sign", label: t("sheetConfirm", { n: names.length }), tone: "main" },
    ],
    ready: (dialog) =>
      needsPassword ? field.focus() : dialog.querySelector<HTMLButtonElement>("button[value=sign]")?.focus(),
  });
  if (answer !== "sign") return null;
  return needsPassword ? field.value || null : "";
}
