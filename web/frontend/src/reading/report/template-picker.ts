/** Chooses a template by typing: the list narrows, Enter takes the first. */
import { ask } from "../../dom/dialog";
import { fill, h } from "../../dom/element";
import { t } from "../../i18n";
import type { Template } from "../contract";

/** Shows the templates of the examination; null when none was taken. */
export async function pickTemplate(templates: readonly Template[]): Promise<Template | null> {
  const offered = templates.filter((one) => one.kind !== "phrase");
  const list = h("div", { class: "template-list", role: "list" });
  const field = h("input", { type: "search", autocomplete: "off", "aria-label": t("templateFind") });
  let shown: readonly Template[] = [];
  let taken: Template | null = null;
  let close: (key: string) => void = () => undefined;
  const show = () => {
    shown = matching(offered, field.value);
    const take = (one: Template) => {
      taken = one;
      close("taken");
    };
    fill(list, ...(shown.length ? shown.map((one) => line(one, take)) : [h("p", {}, t("templateNone"))]));
  };
  field.addEventListener("input", show);
  show();
  const answer = await ask({
    title: t("templates"),
    wide: true,
    body: [
      h("label", { class: "field" }, h("span", { class: "field-label" }, t("templateFind")), field),
      list,
    ],
    choices: [
      { key: "", label: t("cancel") },
      { key: "first", label: t("insertFirst"), tone: "main" },
    ],
    ready: (dialog) => {
      close = (key) => dialog.close(key);
      field.focus();
    },
  });
  return answer === "taken" ? taken : answer === "first" ? (shown[0] ?? null) : null;
}

/** Those whose letters begin with `typed`, or whose title or impression holds it; all for nothing typed. */
export function matching(templates: readonly Template[], typed: string): Template[] {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [...templates];
  return templates.filter(
    (one) => one.shortcut.startsWith(wanted) || one.title.includes(wanted) || one.impression.includes(wanted),
  );
}

function line(one: Template, take: (one: Template) => void): HTMLElement {
  return h(
    "div",
    { role: "listitem" },
    h(
      "button",
      { type: "button", class: "template-line", on: { click: () => take(one) } },
      h("span", { class: "template-title" }, one.title),
      h("kbd", {}, one.shortcut || "T"),
      h("span", { class: "muted small clip" }, one.impression || one.findings),
    ),
  );
}
