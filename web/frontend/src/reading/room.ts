/** The reading page: opens a case, lays out its parts and lets keys, pictures and report meet. */
import { registerKeys, showKeys } from "../base/key-help";
import { confirmed } from "../dom/dialog";
import { fill, h } from "../dom/element";
import { toast } from "../dom/toast";
import { isPressable, isTextField } from "../dom/typing";
import { t } from "../i18n";
import { json } from "../net/http";
import { listen } from "../net/live";
import { aiPanel } from "./ai-panel";
import { Api, Pixels } from "./api";
import { Centre } from "./centre";
import type { Case, Claim, Text } from "./contract";
import { showDone, showFailure } from "./endings";
import { type Act, actFor, KEY_LIST } from "./keys";
import { noticeBar } from "./notices";
import { Rail } from "./rail";
import { ReportPane } from "./report/pane";
import { askLogin } from "./report/questions";
import { TopBar } from "./topbar";

/** One open case and everything on the page that belongs to it. */
export class Room {
  private readonly api: Api;
  private readonly stop = new AbortController();
  private bar!: TopBar;
  private pane!: ReportPane;
  private rail!: Rail;
  private centre!: Centre;

  private constructor(
    private readonly root: HTMLElement,
    private readonly data: Case,
    caseUrl: string,
    private readonly go: (url: string) => void,
    private readonly again: (text: Text | null) => void,
  ) {
    this.api = Api.ofCase(caseUrl);
  }

  /** Opens the case into `root`; `go` leads to another study, `again` opens this one anew keeping the words. */
  static async open(
    root: HTMLElement,
    caseUrl: string,
    go: (url: string) => void,
    again: (text: Text | null) => void,
  ): Promise<Room | null> {
    const answer = await Api.ofCase(caseUrl).readCase();
    if (answer.kind === "expired") {
      location.assign(`/login?expired=1&next=${encodeURIComponent(location.pathname)}`);
      return null;
    }
    if (answer.kind !== "ok") {
      showFailure(
        root,
        answer.kind === "offline" ? t("lineDown") : (answer.body.message ?? t("caseFailed")),
        () => again(null),
      );
      return null;
    }
    const room = new Room(root, answer.body, caseUrl, go, again);
    room.build();
    return room;
  }

  keepText(text: Text): void {
    this.pane.keepText(text);
  }

  dispose(): void {
    this.stop.abort();
    this.pane.dispose();
    this.centre.dispose();
  }

  private build(): void {
    const { data } = this;
    document.title = `${data.patient.name} · ${t("reading")}`;
    this.bar = new TopBar(this.root.dataset["worklist"] ?? "/worklist", {
      next: () => this.next(),
      lock: () => void this.lock(),
      takeOver: () => void this.takeOver(),
      giveBack: () => void this.giveBack(),
    });
    this.bar.show(data);
    this.pane = new ReportPane(data, this.api, {
      claimed: (claim) => this.showClaim(claim),
      reload: () => this.again(this.pane.unsaved ? this.pane.text : null),
      expired: () => void askLogin(location.pathname),
      signed: (next) => this.signed(next),
      takeOver: () => void this.takeOver(),
    });
    this.rail = new Rail(data, new Pixels(data.study.studyInstanceUID), {
      openSeries: (series) => this.centre.openSeries(series),
      openPrior: (prior) => void this.centre.openPrior(prior),
    });
    this.centre = new Centre(data, this.api, {
      shown: (series, prior) => this.rail.mark(series, prior),
      expired: () => void askLogin(location.pathname),
    });
    const side = h("aside", { class: "side" }, aiPanel(data), this.pane.element);
    fill(
      this.root,
      this.bar.element,
      noticeBar(data),
      h("div", { class: "case-body" }, this.rail.element, this.centre.element, side),
    );
    this.root.removeAttribute("aria-busy");
    document.addEventListener("keydown", (event) => this.onKey(event), { signal: this.stop.signal });
    const leaving = () => document.hidden && this.pane.saver.happen({ type: "due" });
    document.addEventListener("visibilitychange", leaving, { signal: this.stop.signal });
    this.root.classList.toggle("case-ecg", this.centre.isEcg);
    this.listKeys();
    this.watch();
  }

  private onKey(event: KeyboardEvent): void {
    if (document.querySelector("dialog[open]")) return;
    const act = actFor({
      code: event.code,
      ctrl: event.ctrlKey,
      shift: event.shiftKey,
      alt: event.altKey,
      meta: event.metaKey,
      repeat: event.repeat,
      typing: isTextField(event.target),
      pressable: isPressable(event.target),
      composing: event.isComposing,
    });
    if (act && this.perform(act)) event.preventDefault();
  }

  private perform(act: Act): boolean {
    if (act === "cancel" && isTextField(document.activeElement)) {
      (document.activeElement as HTMLElement).blur();
      return true;
    }
    const deed = this.deeds[act];
    if (deed) deed();
    return Boolean(deed) || this.centre.act(act);
  }

  private readonly deeds: Partial<Record<Act, () => void>> = {
    sign: () => void this.pane.sign(),
    template: () => void this.pane.template(),
    suggestion: () => this.pane.suggestion(),
    write: () => this.pane.write(),
    next: () => this.next(),
    help: () => void showKeys(),
  };

  private next(): void {
    if (!this.data.next) return toast(t("noNext"));
    const url = this.data.next;
    void this.pane.saver.flush().then((saved) => (saved ? this.go(url) : toast(t("leaveUnsaved"), "warn")));
  }

  private signed(next: string | null): void {
    toast(t("signedToast", { name: this.data.patient.name }), "ok");
    if (next) this.go(next);
    else {
      this.dispose();
      showDone(this.root, this.data.patient.name);
    }
  }

  private showClaim(claim: Claim | null): void {
    this.data.claim = claim;
    this.bar.showClaim(claim);
  }

  private async takeOver(): Promise<void> {
    const who = this.data.claim?.by ?? this.pane.saver.state.holder;
    const sentence = t("takeOverAsk", { name: this.data.patient.name, who });
    if (!(await confirmed(t("takeOver"), sentence, t("takeOver"), "danger"))) return;
    const answer = await this.api.claim(true);
    if (answer.kind === "ok") {
      this.pane.nowMine();
      if (!this.pane.unsaved) this.again(null);
      else this.showClaim(answer.body.claim ?? { by: this.data.user.name, mine: true, since: "" });
    } else
      toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"), "bad");
  }

  private async giveBack(): Promise<void> {
    if (!(await this.pane.saver.flush())) return toast(t("leaveUnsaved"), "warn");
    const answer = await this.api.giveBack();
    if (answer.kind === "ok") this.again(null);
  }

  /** While images or the pre-read are still to come, the page says when there is something new. */
  private watch(): void {
    if (!this.data.arriving && this.data.preReads.length > 0) return;
    const id = String(this.data.study.id);
    const changed = (ids: string[]) => ids.includes(id) && !this.pane.justActed && this.offerReload();
    this.stop.signal.addEventListener("abort", listen("/events", { changed, line: () => undefined }));
  }

  private offerReload(): void {
    if (this.root.querySelector(".case-fresh")) return;
    const reload = () => this.again(this.pane.unsaved ? this.pane.text : null);
    const button = h("button", { class: "button button-small", on: { click: reload } }, t("reloadKeep"));
    const notice = h("div", { class: "notice notice-info case-fresh" }, t("somethingNew"), button);
    const bar = this.root.querySelector<HTMLElement>(".case-notices");
    bar?.append(notice);
    if (bar) bar.hidden = false;
  }

  private async lock(): Promise<void> {
    const answer = await json("POST", "/lock", {});
    toast(t(answer.kind === "ok" ? "locked" : "lineDown"), answer.kind === "ok" ? "ok" : "bad");
    if (answer.kind === "ok") this.data.signing.openUntil = null;
  }

  private listKeys(): void {
    const on = this.centre.isEcg ? "ecg" : "picture";
    registerKeys(
      KEY_LIST.filter((line) => line.on === "all" || line.on === on).map((line) => ({
        keys: [...line.keys],
        text: t(line.text),
      })),
    );
  }
}
