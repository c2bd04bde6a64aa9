/** A page of nine AI-normal ECGs: looked at one after the other, confirmed together. */
import { registerKeys, showKeys } from "../base/key-help";
import { must } from "../dom/element";
import { toast } from "../dom/toast";
import { isPressable, isTextField } from "../dom/typing";
import { t } from "../i18n";
import { json } from "../net/http";
import { askLogin } from "../reading/report/questions";
import { askConfirm } from "./ask-confirm";
import { watchInView } from "./in-view";
import { Progress } from "./progress";

interface Result {
  study: number;
  outcome: "signed" | "handed-over" | "again" | "refused";
  said: string;
}

export class Sheet {
  private readonly cards: HTMLElement[];
  private readonly progress: Progress;
  private readonly button = must<HTMLButtonElement>("#confirm");
  private done = false;
  private busy = false;

  constructor(private readonly head: HTMLElement) {
    this.cards = [...document.querySelectorAll<HTMLElement>(".sheet-card")];
    this.progress = new Progress(this.cards.map(numberOf));
    for (const card of this.cards) this.wire(card);
    this.button.addEventListener("click", () => void this.confirm());
    document.addEventListener("keydown", (event) => this.onKey(event));
    registerKeys([
      { keys: ["←", "→", "↑", "↓", "Tab"], text: t("keySheetMove") },
      { keys: ["X"], text: t("keySheetOut") },
      { keys: ["Enter"], text: t("keySheetOpen") },
      { keys: ["Ctrl", "Enter"], text: t("keySheetConfirm") },
      { keys: ["?"], text: t("keysTitle") },
    ]);
    const covered = this.head.getBoundingClientRect().bottom;
    document.documentElement.style.scrollPaddingTop = `${covered + 8}px`;
    const images = this.cards.map((card) => must<HTMLImageElement>("img", card));
    watchInView(images, (image) => this.saw(image), covered);
    this.show();
    this.cards[0]?.focus({ preventScroll: true });
  }

  private wire(card: HTMLElement): void {
    card.addEventListener("focus", () => card.scrollIntoView({ block: "nearest" }));
    must("[data-out]", card).addEventListener("click", () => void this.take(card));
    const image = must<HTMLImageElement>("img", card);
    image.addEventListener("error", () => this.say(card, t("sheetNoDrawing")));
    if (image.complete && !image.naturalWidth) this.say(card, t("sheetNoDrawing"));
  }

  private saw(image: HTMLImageElement): void {
    const card = image.closest<HTMLElement>(".sheet-card");
    if (!card) return;
    this.progress.see(numberOf(card));
    this.show();
  }

  private show(): void {
    const { progress } = this;
    for (const card of this.cards) this.mark(card);
    const seen = progress.wanted.filter((study) => progress.isSeen(study)).length;
    const parts = [t("sheetSeen", { n: seen, all: progress.wanted.length })];
    if (progress.outOnes) parts.push(t("sheetOut", { n: progress.outOnes }));
    must(".sheet-progress").textContent = parts.join(" · ");
    if (this.done) return;
    must("span", this.button).textContent = progress.wanted.length
      ? t("sheetConfirm", { n: progress.wanted.length })
      : t("sheetNext");
    this.button.disabled = this.busy || !progress.complete;
    this.button.title = progress.complete ? "Ctrl+Enter" : t("sheetNotSeen");
  }

  private mark(card: HTMLElement): void {
    const study = numberOf(card);
    const out = this.progress.isOut(study);
    const seen = this.progress.isSeen(study);
    card.classList.toggle("sheet-taken", out);
    must("[data-out]", card).setAttribute("aria-pressed", String(out));
    must("[data-out]", card).textContent = t(out ? "sheetPutBack" : "sheetTake");
    if (card.dataset["outcome"]) return;
    const badge = must(".sheet-state", card);
    badge.className = `badge sheet-state ${out ? "badge-warn" : seen ? "badge-ok" : "badge-plain"}`;
    badge.textContent = t(out ? "sheetTaken" : seen ? "sheetWasSeen" : "sheetUnseen");
  }

  /** Takes a card out of the page, or puts it back; the server keeps it at once. */
  private async take(card: HTMLElement): Promise<void> {
    if (this.done || this.busy) return;
    const study = numberOf(card);
    const out = !this.progress.isOut(study);
    const answer = await json("POST", this.head.dataset["apart"] ?? "", { study, out });
    if (answer.kind === "ok") {
      this.progress.setOut(study, out);
      this.show();
    } else if (answer.kind === "expired") void askLogin(location.pathname);
    else toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"), "bad");
  }

  private async confirm(): Promise<void> {
    if (this.busy) return;
    if (this.done || !this.progress.wanted.length) return location.reload();
    const unseen = this.cards.find((card) => numberOf(card) === this.progress.next);
    if (unseen) {
      unseen.focus();
      return toast(t("sheetNotSeen"), "warn");
    }
    this.busy = true;
    await this.send().finally(() => (this.busy = false));
    this.show();
  }

  private async send(): Promise<void> {
    const names = this.progress.wanted.map((study) => this.card(study)?.dataset["name"] ?? "");
    let needsPassword = this.head.dataset["signs"] !== undefined && !this.isOpen();
    let wrong = "";
    for (;;) {
      const said = await askConfirm(names, needsPassword, wrong);
      if (said === null) return;
      const studies = this.progress.wanted;
      must("span", this.button).textContent = t("sheetSending");
      this.button.disabled = true;
      const answer = await json<{ results: Result[] }>("POST", this.head.dataset["confirm"] ?? "", {
        studies,
        seen: this.progress.seenOnes,
        ...(said ? { password: said } : {}),
      });
      if (answer.kind === "ok") return this.tell(answer.body.results);
      if (answer.kind === "expired") return void askLogin(location.pathname);
      if (answer.kind === "offline") return toast(t("sheetOffline"), "bad");
      if (answer.status !== 401) return toast(answer.body.message ?? t("signRefused"), "bad");
      wrong = needsPassword ? (answer.body.message ?? t("passwordWrong")) : "";
      needsPassword = true;
    }
  }

  private isOpen(): boolean {
    const until = this.head.dataset["openUntil"];
    return until !== undefined && new Date(until).getTime() > Date.now();
  }

  /** Goes on to the next page when all went well; else stays, and says of each what became of it. */
  private tell(results: Result[]): void {
    const refused = results.filter((one) => one.outcome === "refused");
    if (!refused.length) return location.reload();
    for (const one of results) {
      const card = this.card(one.study);
      if (!card) continue;
      card.dataset["outcome"] = one.outcome;
      const badge = must(".sheet-state", card);
      badge.className = `badge sheet-state ${one.outcome === "refused" ? "badge-bad" : "badge-ok"}`;
      badge.textContent = t(OUTCOMES[one.outcome]);
      if (one.outcome === "refused") this.say(card, one.said);
    }
    this.done = true;
    must("span", this.button).textContent = t("sheetNext");
    this.button.disabled = false;
    this.button.title = "Ctrl+Enter";
    toast(t("sheetSomeRefused", { n: refused.length, all: results.length }), "warn");
    this.card(refused[0]?.study ?? 0)?.focus();
  }

  private say(card: HTMLElement, sentence: string): void {
    const place = must(".sheet-why", card);
    place.textContent = sentence;
    place.hidden = false;
  }

  private card(study: number): HTMLElement | undefined {
    return this.cards.find((card) => numberOf(card) === study);
  }

  private onKey(event: KeyboardEvent): void {
    if (
      document.querySelector("dialog[open]") ||
      isTextField(event.target) ||
      event.altKey ||
      event.isComposing
    )
      return;
    if (event.code === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return void this.confirm();
    }
    if (event.ctrlKey || event.metaKey) return;
    if (event.code === "Enter" && isPressable(event.target)) return;
    const key = event.key === "?" || event.key === "？" ? "Help" : event.code;
    const act = this.deeds[key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private readonly deeds: Record<string, () => void> = {
    ArrowRight: () => this.move(1),
    ArrowLeft: () => this.move(-1),
    ArrowDown: () => this.move(this.columns),
    ArrowUp: () => this.move(-this.columns),
    KeyX: () => void (this.focused && this.take(this.focused)),
    Enter: () => this.focused && location.assign(this.focused.dataset["href"] ?? ""),
    Help: () => void showKeys(),
  };

  private get focused(): HTMLElement | undefined {
    return this.cards.find((card) => card.contains(document.activeElement));
  }

  private get columns(): number {
    const top = this.cards[0]?.offsetTop;
    return Math.max(1, this.cards.filter((card) => card.offsetTop === top).length);
  }

  private move(by: number): void {
    const at = this.focused ? this.cards.indexOf(this.focused) : -by;
    const to = Math.min(Math.max(at + by, 0), this.cards.length - 1);
    this.cards[to]?.focus();
  }
}

const OUTCOMES = {
  signed: "sheetSigned",
  "handed-over": "sheetHandedOver",
  again: "sheetSigned",
  refused: "sheetRefused",
} as const;

function numberOf(card: HTMLElement): number {
  return Number(card.dataset["study"]);
}
