/** The reading page: opens a case, lays out its parts and lets keys, pictures and report meet. */
import { registerKeys, showKeys } from "../base/key-help";
import { confirmed } from "../dom/dialog";
import { fill, h } from "../dom/element";
import { toast } from "../dom/toast";
import { isTextField } from "../dom/typing";
import { t } from "../i18n";
import { json } from "../net/http";
import { listen } from "../net/live";
import { aiPanel } from "./ai-panel";
import { Api, Pixels } from "./api";
import { Beside } from "./beside";
import { BroughtPanel } from "./brought-panel";
import { Centre } from "./centre";
import type { Case, Claim, Text } from "./contract";
import { Editing } from "./ecg/editing";
import { MeasuredTable } from "./ecg/measured";
import { showDone, showFailure } from "./endings";
import { type Act, actFor, KEY_LIST } from "./keys";
import { pressOf } from "./press";
import { noticeBar, newsOf } from "./notices";
import { Rail } from "./rail";
import { ReportPane } from "./report/pane";
import { askCritical, askLogin } from "./report/questions";
import { handsOver } from "./report/review";
import { appended } from "./report/suggestion";
import { TopBar } from "./topbar";

/** One open case and everything on the page that belongs to it. */
export class Room {
  private readonly api: Api;
  private readonly stop = new AbortController();
  private bar!: TopBar;
  private pane!: ReportPane;
  private beside!: Beside;
  private rail!: Rail;
  private centre!: Centre;
  private editing: Editing | null = null;
  private brought!: BroughtPanel;
  private measured: MeasuredTable | null = null;
  private notices!: HTMLElement;

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
      critical: () => void this.tellCritical(),
    });
    this.bar.show(data);
    this.pane = new ReportPane(data, this.api, {
      claimed: (claim) => this.showClaim(claim),
      reload: () => this.again(this.pane.unsaved ? this.pane.text : null),
      expired: () => void askLogin(location.pathname),
      signed: (next) => this.signed(next),
      takeOver: () => void this.takeOver(),
    });
    this.beside = new Beside(data, this.api, {
      saved: () => this.pane.saver.flush(),
      go: (url) => this.go(url),
      done: () => this.end(this.data.patient.name),
    });
    this.rail = new Rail(data, new Pixels(data.study.studyInstanceUID), {
      openSeries: (series) => this.centre.openSeries(series),
      openPrior: (prior) => void this.centre.openPrior(prior),
    });
    this.editing = data.aiHidden ? null : this.newEditing();
    const ecg = data.series.flatMap((one) => one.instances).find((one) => one.kind === "ecg");
    if (ecg && this.editing) this.measured = new MeasuredTable(data, ecg.sopInstanceUID, this.editing);
    this.centre = new Centre(data, this.api, {
      ecgShown: (instance) => this.measured?.show(instance),
      editValues: () => this.editValues(),
      editing: this.editing,
      shown: (series, prior) => this.rail.mark(series, prior),
      state: (words) => this.state(words),
      expired: () => void askLogin(location.pathname),
    });
    this.brought = new BroughtPanel((image) => this.centre.jump(image));
    const side = h(
      "aside",
      { class: "side" },
      aiPanel(data, () => void this.reveal(), this.measured?.element),
      this.brought.element,
      this.pane.element,
      this.beside.element,
    );
    fill(
      this.root,
      this.bar.element,
      (this.notices = noticeBar(data)),
      h("div", { class: "case-body" }, this.rail.element, this.centre.element, side),
    );
    this.root.removeAttribute("aria-busy");
    document.addEventListener("keydown", (event) => this.onKey(event), { signal: this.stop.signal });
    const leaving = () => document.hidden && this.pane.saver.happen({ type: "due" });
    document.addEventListener("visibilitychange", leaving, { signal: this.stop.signal });
    this.root.classList.toggle("case-ecg", this.centre.isEcg);
    this.listKeys();
    this.watch();
    void this.bring();
  }

  /** What other systems sent beside the pictures is shown without being asked for. */
  private async bring(): Promise<void> {
    const instances = this.data.series.flatMap((one) => one.instances);
    if (!instances.some((one) => one.kind === "document" || one.kind === "other")) return;
    const answer = await this.api.brought();
    if (answer.kind !== "ok" || this.stop.signal.aborted) return;
    this.brought.show(answer.body);
    this.centre.bring(answer.body);
  }

  private onKey(event: KeyboardEvent): void {
    if (document.querySelector("dialog[open]")) return;
    const act = actFor(pressOf(event));
    if (act && this.perform(act)) event.preventDefault();
  }

  private perform(act: Act): boolean {
    if (act === "cancel" && isTextField(document.activeElement)) {
      (document.activeElement as HTMLElement).blur();
      return true;
    }
    if (act === "overlay" && this.data.aiHidden) {
      void this.reveal();
      return true;
    }
    const deed = this.deeds[act];
    if (deed) deed();
    return Boolean(deed) || this.beside.act(act) || this.centre.act(act);
  }

  private readonly deeds: Partial<Record<Act, () => void>> = {
    sign: () => void this.pane.sign(),
    template: () => void this.pane.template(),
    templates: () => void this.pane.pick(),
    suggestion: () => this.pane.suggestion(),
    write: () => this.pane.write(),
    next: () => this.next(),
    critical: () => void this.tellCritical(),
    help: () => void showKeys(),
  };

  /** Where the site reads first: keeps the impression typed so far and opens the case with its models. */
  private async reveal(): Promise<void> {
    const impression = this.pane.text.impression.trim();
    if (!impression) {
      toast(t("aiHiddenFirst"), "warn");
      return this.pane.write();
    }
    if (!(await this.pane.saver.flush())) return toast(t("leaveUnsaved"), "warn");
    const answer = await this.api.firstImpression(impression);
    if (answer.kind === "ok") return this.again(null);
    toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"), "bad");
  }

  /** A statement chosen by its letters goes to the end of the impression. */
  private state(words: string): void {
    if (!this.data.rights.write) return toast(this.data.rights.why || t("signRefused"), "warn");
    this.pane.keepText(appended(this.pane.text, { findings: "", impression: words, advice: "" }));
  }

  /** The site hears of a critical value at once, in words that may still be changed. */
  private async tellCritical(): Promise<void> {
    if (!this.data.rights.handOver) return toast(this.data.rights.why || t("signRefused"), "warn");
    const words = await askCritical(this.data, this.pane.text);
    if (!words) return;
    const answer = await this.api.tellCritical(words);
    if (answer.kind === "expired") return void askLogin(location.pathname);
    if (answer.kind !== "ok")
      return toast(
        answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"),
        "bad",
      );
    this.data.critical = [...(this.data.critical ?? []), answer.body];
    this.notices.replaceWith((this.notices = noticeBar(this.data)));
    toast(t("criticalTold", { site: this.data.study.siteLabel || this.data.study.site }), "ok");
  }

  private editValues(): void {
    if (!this.measured) return;
    if (this.editing?.why) return toast(this.editing.why, "warn");
    this.measured.focus();
  }

  private newEditing(): Editing {
    return new Editing(this.data, this.api, {
      saved: (answer, before) => {
        this.pane.shownAnew(answer.shown, before);
        this.centre.compareValues();
      },
      expired: () => void askLogin(location.pathname),
    });
  }

  private next(): void {
    if (!this.data.next) return toast(t("noNext"));
    const url = this.data.next;
    void this.pane.saver.flush().then((saved) => (saved ? this.go(url) : toast(t("leaveUnsaved"), "warn")));
  }

  private signed(next: string | null): void {
    const sentence = t(handsOver(this.data) ? "handedOver" : "signedToast", { name: this.data.patient.name });
    toast(sentence, "ok");
    if (next) this.go(next);
    else this.end(sentence);
  }

  private end(sentence: string): void {
    this.dispose();
    showDone(this.root, sentence);
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
    const changed = (ids: string[]) => void (ids.includes(id) && this.lookForNews());
    this.stop.signal.addEventListener("abort", listen("/events", { changed, line: () => undefined }));
  }

  /** What this person does changes the study as well: only other images or readings are news. */
  private async lookForNews(): Promise<void> {
    const answer = await this.api.lookAt(this.stop.signal);
    if (answer.kind === "ok" && newsOf(answer.body) !== newsOf(this.data)) this.offerReload();
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
