/** Offers phrases while a report is typed: letters or the first characters of one, taken with Tab. */
import { fill, h } from "../../dom/element";
import { t } from "../../i18n";
import type { Template } from "../contract";

const MOST = 6;
const SHORTEST = 2;
const WORD = /[^\s。；，、：,.;:/【】（）()]+$/;

/** The word before the cursor, where it is long enough to mean a phrase. */
export function wordBefore(text: string, cursor: number): string {
  const word = WORD.exec(text.slice(0, cursor))?.[0] ?? "";
  return word.length >= SHORTEST ? word : "";
}

/** What `word` may mean: by its letters, else by the beginning of title or text. */
export function phrasesFor(templates: readonly Template[], word: string): Template[] {
  const letters = word.toLowerCase();
  const phrases = templates.filter((one) => one.kind === "phrase");
  const found = phrases.filter(
    (one) =>
      (one.shortcut !== "" && one.shortcut.startsWith(letters)) ||
      (one.findings !== word && (one.title.startsWith(word) || one.findings.startsWith(word))),
  );
  return found.slice(0, MOST);
}

/** Listens to the text fields inside `fields`; nothing of the fields has to know. */
export class PhraseMenu {
  readonly element = h("div", {
    class: "phrase-menu",
    role: "listbox",
    "aria-label": t("phrases"),
    hidden: true,
  });
  private area: HTMLTextAreaElement | null = null;
  private word = "";
  private found: Template[] = [];
  private at = 0;

  constructor(
    fields: HTMLElement,
    private readonly templates: readonly Template[],
  ) {
    fields.addEventListener("input", (event) => this.look(event as InputEvent));
    fields.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    fields.addEventListener("focusout", () => this.hide());
  }

  private look(event: InputEvent): void {
    const area = event.target;
    if (!(area instanceof HTMLTextAreaElement) || event.isComposing || area.readOnly) return this.hide();
    this.area = area;
    this.word = wordBefore(area.value, area.selectionStart);
    this.found = this.word ? phrasesFor(this.templates, this.word) : [];
    this.at = 0;
    this.show();
  }

  private onKey(event: KeyboardEvent): void {
    if (this.element.hidden || event.isComposing || event.ctrlKey || event.altKey) return;
    if (event.key === "Tab" && !event.shiftKey) this.take(this.found[this.at]);
    else if (event.key === "ArrowDown") this.move(1);
    else if (event.key === "ArrowUp") this.move(-1);
    else if (event.key === "Escape") this.hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private move(by: number): void {
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.show();
  }

  private take(one: Template | undefined): void {
    const area = this.area;
    if (!area || !one) return;
    const end = area.selectionStart;
    area.setRangeText(one.findings, end - this.word.length, end, "end");
    this.hide();
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
    this.hide();
  }

  private show(): void {
    this.element.hidden = this.found.length === 0;
    fill(
      this.element,
      ...this.found.map((one, at) =>
        h(
          "div",
          {
            class: "phrase-line",
            role: "option",
            "aria-selected": String(at === this.at),
            // Not click: the field would lose the cursor first.
            on: { mousedown: (event: Event) => (event.preventDefault(), this.take(one)) },
          },
          h("kbd", {}, at === this.at ? "Tab" : one.shortcut),
          one.findings,
        ),
      ),
    );
  }

  private hide(): void {
    this.found = [];
    this.element.hidden = true;
  }
}
