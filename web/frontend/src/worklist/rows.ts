/** Swaps table rows for fresh ones without moving what the reader looks at. */

export interface Swap {
  replaced: number;
  added: number;
  removed: number;
}

/** Knows which answer about a row is the newest: two questions under way may be answered in either order. */
export class Order {
  private asked = 0;
  private readonly answered = new Map<string, number>();

  /** Returns the number of one more question. */
  ask(): number {
    return ++this.asked;
  }

  /** Returns those `ids` about which no later question was answered yet, and counts them as answered. */
  stillAsked(question: number, ids: readonly string[]): string[] {
    const news = ids.filter((id) => (this.answered.get(id) ?? 0) < question);
    for (const id of news) this.answered.set(id, question);
    return news;
  }
}

/** Reads an HTML fragment of `<tr data-study>` rows. */
export function rowsOf(fragment: string): HTMLTableRowElement[] {
  const template = document.createElement("template");
  template.innerHTML = `<table><tbody>${fragment}</tbody></table>`;
  return [...template.content.querySelectorAll<HTMLTableRowElement>("tr[data-study]")];
}

/**
 * Puts `fresh` into `body`: a known row changes where it stands, a new one goes to its place by
 * `data-order`, an asked-for id without an answer goes.
 */
export function swapRows(
  body: HTMLTableSectionElement,
  asked: readonly string[],
  fresh: readonly HTMLTableRowElement[],
): Swap {
  const swap: Swap = { replaced: 0, added: 0, removed: 0 };
  const answered = new Map(fresh.map((row) => [row.dataset["study"] ?? "", row]));
  for (const id of asked) {
    const present = rowOf(body, id);
    const row = answered.get(id);
    if (row && present) {
      keepSelection(present, row);
      present.replaceWith(row);
      swap.replaced += 1;
    } else if (row) {
      row.classList.add("row-new");
      body.insertBefore(row, successor(body, row));
      swap.added += 1;
    } else if (present) {
      present.remove();
      swap.removed += 1;
    }
  }
  return swap;
}

function rowOf(body: HTMLTableSectionElement, id: string): HTMLTableRowElement | null {
  return body.querySelector<HTMLTableRowElement>(`tr[data-study="${CSS.escape(id)}"]`);
}

function keepSelection(from: HTMLTableRowElement, to: HTMLTableRowElement): void {
  if (from.getAttribute("aria-selected") === "true") to.setAttribute("aria-selected", "true");
}

function successor(body: HTMLTableSectionElement, row: HTMLTableRowElement): HTMLTableRowElement | null {
  const order = row.dataset["order"];
  if (order === undefined) return null;
  const others = [...body.querySelectorAll<HTMLTableRowElement>("tr[data-study]")];
  return others.find((other) => (other.dataset["order"] ?? "") > order) ?? null;
}
