/** Asks for the words of an arrow. */
import { ask } from "../../dom/dialog";
import { h } from "../../dom/element";
import { t } from "../../i18n";

const LONGEST = 64; // PS3.5 6.2, LO: what the saved mark can say in one line

/** The words typed, or "" when the person thought better of it. */
export async function askNote(was: string): Promise<string> {
  const field = h("input", { type: "text", maxlength: LONGEST, "aria-label": t("noteWords"), value: was });
  const answer = await ask({
    title: t("toolArrow"),
    body: [h("label", { class: "field" }, h("span", { class: "field-label" }, t("noteWords")), field)],
    choices: [
      { key: "", label: t("cancel") },
      { key: "note", label: t("confirm"), tone: "main" },
    ],
    ready: () => field.focus(),
  });
  return answer === "note" ? field.value.trim() : "";
}
