/** What every page does: fonts and styles, local times, one confirmation, menus and key help. */
import "@fontsource-variable/noto-sans-sc/wght.css";
import "../style/tokens.css";
import "../style/page.css";
import "../style/bar.css";
import "../style/icons.css";
import "../style/forms.css";
import "../style/tables.css";
import "../style/quality.css";
import "../style/badges.css";
import "../style/notices.css";
import "../style/changes.css";
import "../style/picks.css";
import { confirmed } from "../dom/dialog";
import { showTimes } from "../dom/time";
import { t } from "../i18n";
import { changesOf } from "./changes-of";
import { showKeys } from "./key-help";
import { watchLine } from "./line";
import { watchLogout } from "./logout";

const TICK_MS = 30_000;

function askBeforeSubmit(event: SubmitEvent): void {
  const button = event.submitter as HTMLButtonElement | null;
  const form = event.target as HTMLFormElement;
  const sentence = button && sentenceOf(button, form);
  if (!button || !sentence || button.dataset["sure"]) return;
  event.preventDefault();
  void confirmed(
    button.textContent?.trim() || t("confirm"),
    sentence,
    button.textContent?.trim() || t("confirm"),
    "danger",
    changesOf(form),
  ).then((sure) => {
    if (!sure) return;
    button.dataset["sure"] = "1";
    form.requestSubmit(button);
  });
}

/** What a button asks before it is done, with the number of what is ticked; "" where nothing is. */
function sentenceOf(button: HTMLButtonElement, form: HTMLFormElement): string {
  const { confirm = "", counts } = button.dataset;
  if (!counts) return confirm;
  const ticked = form.querySelectorAll(`input[name="${counts}"]:checked`).length;
  return ticked ? confirm.replace("{n}", String(ticked)) : "";
}

function closeMenus(event: Event): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (
      event.type === "keydown"
        ? (event as KeyboardEvent).key === "Escape"
        : !menu.contains(event.target as Node)
    )
      menu.open = false;
  }
}

function submitOnChange(event: Event): void {
  const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-submit-on-change]");
  if (form && event.target instanceof HTMLSelectElement) form.requestSubmit();
}

document.addEventListener("submit", askBeforeSubmit);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
document.addEventListener("change", submitOnChange);
for (const button of document.querySelectorAll("[data-help]"))
  button.addEventListener("click", () => void showKeys());
watchLine();
watchLogout();
showTimes(document);
setInterval(() => showTimes(document), TICK_MS);
