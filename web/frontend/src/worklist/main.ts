/** The worklist: live rows, waiting minutes and the keyboard. */
import { registerKeys, showKeys } from "../base/key-help";
import { showLine } from "../base/line";
import { showTimes } from "../dom/time";
import { t } from "../i18n";
import { isPressable, isTextField } from "../dom/typing";
import { listen } from "../net/live";
import { Order, rowsOf, swapRows } from "./rows";
import { Selection } from "./selection";

const table = document.querySelector<HTMLTableElement>("table#worklist");
const body = table?.tBodies[0];
if (table && body) start(table, body);

function start(list: HTMLTableElement, rows: HTMLTableSectionElement): void {
  const selection = new Selection(rows);
  const order = new Order();
  const refresh = (ids: string[]) => void fetchRows(list, rows, ids, order);
  const told = (ids: string[], fragment: string) =>
    showRows(rows, order.stillAsked(order.ask(), ids), rowsOf(fragment));
  listen(`${list.dataset["changes"] ?? "/worklist/changes"}${location.search}`, {
    changed: refresh,
    told,
    line: showLine,
  });
  document.addEventListener("keydown", (event) => onKey(event, selection));
  rows.addEventListener("click", (event) => openRow(event));
  registerKeys([
    { keys: ["j", "↓"], text: t("keyRowDown") },
    { keys: ["k", "↑"], text: t("keyRowUp") },
    { keys: ["Enter"], text: t("keyRowOpen") },
    { keys: ["/"], text: t("keySearch") },
    { keys: ["?"], text: t("keysTitle") },
  ]);
}

async function fetchRows(
  list: HTMLTableElement,
  rows: HTMLTableSectionElement,
  ids: string[],
  order: Order,
): Promise<void> {
  const question = order.ask();
  const known = [...rows.querySelectorAll<HTMLElement>("tr[data-study]")].map(
    (row) => row.dataset["study"] ?? "",
  );
  const query = new URLSearchParams(location.search);
  if (ids.length) query.set("ids", ids.join(","));
  const response = await fetch(`${list.dataset["rows"] ?? "/worklist/rows"}?${query}`, {
    headers: { "X-Requested-With": "fetch" },
  }).catch(() => null);
  if (response?.redirected || response?.status === 401) return location.reload();
  if (!response?.ok) return;
  const fresh = rowsOf(await response.text());
  const asked = ids.length
    ? ids
    : [...new Set([...known, ...fresh.map((row) => row.dataset["study"] ?? "")])];
  showRows(rows, order.stillAsked(question, asked), fresh);
}

function showRows(rows: HTMLTableSectionElement, asked: string[], fresh: HTMLTableRowElement[]): void {
  swapRows(rows, asked, fresh);
  rows
    .querySelectorAll(".table-empty")
    .forEach((row) => rows.querySelector("tr[data-study]") && row.remove());
  showTimes(rows);
  showCount(rows);
}

function showCount(rows: HTMLTableSectionElement): void {
  const count = String(rows.querySelectorAll("tr[data-study]").length);
  for (const place of document.querySelectorAll('[data-count="worklist"]')) place.textContent = count;
}

function openRow(event: Event): void {
  const target = event.target as HTMLElement;
  if (target.closest("a, button, input, select") || String(getSelection())) return;
  const href = target.closest<HTMLElement>("tr[data-href]")?.dataset["href"];
  if (href) location.assign(href);
}

function onKey(event: KeyboardEvent, selection: Selection): void {
  if (
    isTextField(event.target) ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector("dialog[open]")
  )
    return;
  if (event.code === "Enter" && isPressable(event.target)) return;
  const act = ACTS[event.code === "Slash" && event.shiftKey ? "Help" : event.code];
  if (!act) return;
  act(selection);
  event.preventDefault();
}

const ACTS: Record<string, (selection: Selection) => void> = {
  KeyJ: (selection) => selection.move(1),
  ArrowDown: (selection) => selection.move(1),
  KeyK: (selection) => selection.move(-1),
  ArrowUp: (selection) => selection.move(-1),
  Home: (selection) => selection.end(false),
  End: (selection) => selection.end(true),
  Enter: (selection) => {
    const href = selection.toOpen?.dataset["href"];
    if (href) location.assign(href);
  },
  Slash: () => document.querySelector<HTMLInputElement>('input[name="q"]')?.select(),
  Help: () => void showKeys(),
};
