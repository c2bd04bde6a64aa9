/** What stands on the page when there is no case to read: it could not be opened, or all is done. */
import { fill, h, icon } from "../dom/element";
import { t } from "../i18n";

/** Says why the case cannot be opened, with a way to try again. */
export function showFailure(root: HTMLElement, sentence: string, again: () => void): void {
  const retry = h("button", { class: "button", on: { click: again } }, t("tryAgain"));
  show(root, "alert", sentence, retry, back(root, "button-quiet"));
}

/** Says that no case follows, after `sentence` about this one. */
export function showDone(root: HTMLElement, sentence: string): void {
  show(root, "check", `${sentence} ${t("noNext")}`, back(root, "button-main"));
}

function show(root: HTMLElement, name: string, sentence: string, ...ways: HTMLElement[]): void {
  root.removeAttribute("aria-busy");
  const row = h("div", { class: "row" }, ...ways);
  fill(root, h("div", { class: "empty", role: "status" }, icon(name), h("p", {}, sentence), row));
}

function back(root: HTMLElement, look: string): HTMLElement {
  return h("a", { class: `button ${look}`, href: root.dataset["worklist"] ?? "/worklist" }, t("backToList"));
}
