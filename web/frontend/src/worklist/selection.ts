/** The keyboard's row in the worklist: j/k or arrows move it, Enter opens it, or the first. */

export class Selection {
  constructor(private readonly body: HTMLTableSectionElement) {}

  /** The selected row, if it is still there. */
  get row(): HTMLTableRowElement | null {
    return this.body.querySelector<HTMLTableRowElement>('tr[aria-selected="true"]');
  }

  /** The row that Enter opens: the selected one, or the first of the list. */
  get toOpen(): HTMLTableRowElement | null {
    return this.row ?? this.rows()[0] ?? null;
  }

  /** Moves by `step` rows, stopping at the ends; the first move selects the first row. */
  move(step: number): void {
    const rows = this.rows();
    const at = this.row ? rows.indexOf(this.row) : -1;
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (next) this.select(next);
  }

  /** Selects the first or the last row. */
  end(last: boolean): void {
    const row = last ? this.rows().at(-1) : this.rows()[0];
    if (row) this.select(row);
  }

  select(row: HTMLTableRowElement): void {
    this.row?.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
  }

  private rows(): HTMLTableRowElement[] {
    return [...this.body.querySelectorAll<HTMLTableRowElement>("tr[data-study]")];
  }
}
