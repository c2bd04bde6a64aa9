/** What a form is about to change: its fields name what is held, and this says old and new side by side. */
import { h } from "../dom/element";
import { t } from "../i18n";

type Field = HTMLInputElement | HTMLSelectElement;

/** The list of changes; null where no field of `form` says what is held, or where nothing changes. */
export function changesOf(form: HTMLFormElement): HTMLElement | null {
  const lines = [...form.querySelectorAll<Field>("[data-held]")].flatMap(lineOf);
  return lines.length ? h("ul", { class: "changes" }, ...lines) : null;
}

function lineOf(field: Field): HTMLElement[] {
  const held = field.dataset["held"] ?? "";
  const said = saidBy(field);
  if (!said || said === held) return [];
  const label = field.closest(".field")?.querySelector(".field-label")?.textContent ?? field.name;
  return [h("li", {}, `${label} `, h("del", {}, held || t("emptyText")), " → ", h("ins", {}, said))];
}

/** A blank field leaves what is held, and a tick says its own words. */
function saidBy(field: Field): string {
  if (field instanceof HTMLSelectElement)
    return field.value && (field.selectedOptions[0]?.textContent ?? "").trim();
  if (field.type === "checkbox") return field.checked ? (field.dataset["says"] ?? "") : "";
  return field.value.trim();
}
