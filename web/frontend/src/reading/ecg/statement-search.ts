/** A field in which two to four letters find a statement; Enter puts it into the report. */
import { fill, h } from "../../dom/element";
import { labelled, t } from "../../i18n";
import { type EcgStatement, findStatements } from "../../i18n/ecg-statements";

export class StatementSearch {
  private readonly list = h("ul", { class: "statement-list", role: "listbox", id: "ecg-statements" });
  private readonly field = h("input", {
    type: "text",
    class: "statement-field",
    role: "combobox",
    autocomplete: "off",
    "aria-controls": "ecg-statements",
    "aria-expanded": "false",
    "aria-label": t("ecgStatement"),
    placeholder: `${t("ecgStatement")} (F)`,
    title: t("ecgStatementHelp"),
  });
  readonly element = h("span", { class: "tools-group statement-search" }, this.field, this.list);
  private found: EcgStatement[] = [];
  private chosen = 0;

  /** `take` gets the words of the statement that was chosen. */
  constructor(private readonly take: (words: string) => void) {
    this.list.hidden = true;
    this.field.addEventListener("input", () => this.show(findStatements(this.field.value), 0));
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("blur", () => this.show([], 0));
  }

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step && this.found.length) {
      event.preventDefault();
      this.show(this.found, (this.chosen + step + this.found.length) % this.found.length);
    }
    if (event.key === "Enter" && !event.ctrlKey) {
      event.preventDefault();
      this.choose(this.chosen);
    }
  }

  private choose(at: number): void {
    const statement = this.found[at];
    if (!statement) return;
    this.take(labelled(statement.zh, statement.en));
    this.field.value = "";
    this.show([], 0);
  }

  private show(found: EcgStatement[], chosen: number): void {
    this.found = found;
    this.chosen = chosen;
    this.list.hidden = found.length === 0;
    this.field.setAttribute("aria-expanded", String(found.length > 0));
    const place = this.field.getBoundingClientRect();
    this.list.style.left = `${place.left}px`;
    this.list.style.top = `${place.bottom + 2}px`;
    fill(
      this.list,
      ...found.map((one, at) =>
        h(
          "li",
          {
            role: "option",
            "aria-selected": String(at === chosen),
            on: {
              // The field would lose the focus, and the list with it, before a click arrives.
              pointerdown: (event: Event) => {
                event.preventDefault();
                this.choose(at);
              },
            },
          },
          h("span", {}, labelled(one.zh, one.en)),
          h("span", { class: "muted small mono" }, one.codes.split(" ")[0]),
        ),
      ),
    );
  }
}
