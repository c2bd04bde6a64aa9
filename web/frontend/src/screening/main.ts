/** Screening: the page of nine, the blind re-reading, and lists whose rows open. */
import "../style/screening.css";
import { registerKeys } from "../base/key-help";
import { isTextField } from "../dom/typing";
import { t } from "../i18n";
import { Sheet } from "./sheet";

const head = document.getElementById("sheet");
if (head) new Sheet(head);

const reRead = document.querySelector<HTMLFormElement>("form.re-read");
if (reRead) startReRead(reRead);

for (const table of document.querySelectorAll(".table")) {
  table.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("a, button, input, select")) return;
    const href = target.closest<HTMLElement>("tr[data-href]")?.dataset["href"];
    if (href) location.assign(href);
  });
}

/** `1` says normal, `2` goes to the statement. */
function startReRead(form: HTMLFormElement): void {
  const deeds: Record<string, () => void> = {
    Digit1: () => form.requestSubmit(form.querySelector<HTMLButtonElement>("button[value=yes]")),
    Digit2: () => form.querySelector("textarea")?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (isTextField(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const deed = document.querySelector("dialog[open]") ? undefined : deeds[event.code];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
  registerKeys([
    { keys: ["1"], text: t("keyReReadNormal") },
    { keys: ["2"], text: t("keyReReadWrite") },
  ]);
}
