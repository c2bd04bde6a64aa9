/** The reading page: opens a case, lays out its parts and lets keys, pictures and report meet. */
import { registerKeys, showKeys } from "../base/key-help";
import { confirmed } from "../dom/dialog";
import { fill, h, icon } from "../dom/element";
import { toast } from "../dom/toast";
import { isPressable, isTextField } from "../dom/typing";
import { language, t } from "../i18n";
import { json } from "../net/http";
import { aiPanel } from "./ai-panel";
import { Api, Pixels } from "./api";
import type { Case, Claim, Instance, Prior, Series, Text } from "./contract";
import { EcgView } from "./ecg/ecg-view";
import { type Act, actFor, KEY_LIST } from "./keys";
import { noticeBar } from "./notices";
import { paintFirst } from "./pictures/first-paint";
import { Rail } from "./rail";
import { ReportPane } from "./report/pane";
import { askLogin } from "./report/questions";
import { Toolbar } from "./toolbar";
import { TopBar } from "./topbar";
import type { Stage } from "./pictures/stage";

/** One open case and everything on the page that belongs to it. */
export class Room {
  private readonly api: Api;
  private readonly stop = new AbortController();
  private readonly centre = h("section", { class: "centre", "aria-label": t("pictures") });
  private bar!: TopBar;
  private pane!: ReportPane;
  private rail!: Rail;
  private stage: Stage | null = null;
  private toolbar: Toolbar | null = null;
  private ecgs: EcgView[] = [];
  private prior: Prior | null = null;

  private constructor(private readonly root: HTMLElement, private readonly data: Case, caseUrl: string, private readonly go: (url: string) => void, private readonly again: (text: Text | null) => void) {
    this.api = Api.ofCase(caseUrl);
  }

  /** Opens the case into `root`; `go` leads to another study, `again` opens this one anew keeping the words. */
  static async open(root: HTMLElement, caseUrl: string, go: (url: string) => void, again: (text: Text | null) => void): Promise<Room | null> {
    const answer = await Api.ofCase(caseUrl).readCase();
    if (answer.kind === "expired") {
      location.assign(`/login?expired=1&next=${encodeURIComponent(location.pathname)}`);
      return null;
    }
    if (answer.kind !== "ok") {
      showFailure(root, answer.kind === "offline" ? t("lineDown") : (answer.body.message ?? t("caseFailed")), () => again(null));
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
    this.stage?.dispose();
    for (const ecg of this.ecgs) ecg.dispose();
  }

  private build(): void {
    const { data } = this;
    document.title = `${data.patient.name} · ${t("reading")}`;
    this.bar = new TopBar(this.root.dataset["worklist"] ?? "/worklist", { next: () => this.next(), lock: () => void this.lock(), takeOver: () => void this.takeOver(), giveBack: () => void this.giveBack() });
    this.bar.show(data);
    this.pane = new ReportPane(data, this.api, { claimed: (claim) => this.showClaim(claim), reload: () => this.again(this.pane.unsaved ? this.pane.text : null), expired: () => void askLogin(location.pathname), signed: (next) => this.signed(next), takeOver: () => void this.takeOver() });
    this.rail = new Rail(data, new Pixels(data.study.studyInstanceUID), { openSeries: (series) => this.openSeries(series), openPrior: (prior) => void this.openPrior(prior) });
    const side = h("aside", { class: "side" }, aiPanel(data), this.pane.element);
    fill(this.root, this.bar.element, noticeBar(data), h("div", { class: "case-body" }, this.rail.element, this.centre, side));
    this.root.removeAttribute("aria-busy");
    document.addEventListener("keydown", (event) => this.onKey(event), { signal: this.stop.signal });
    window.addEventListener("beforeunload", (event) => this.pane.unsaved && event.preventDefault(), { signal: this.stop.signal });
    this.openCentre();
    this.listKeys();
  }

  private openCentre(): void {
    const ecgs = this.instancesOf("ecg");
    const first = ecgs[0];
    if (this.instancesOf("image").length > 0) void this.openPictures();
    else if (first) this.openEcg(first);
    else fill(this.centre, h("div", { class: "empty" }, icon("file"), h("p", {}, t(this.data.arriving ? "nothingYet" : "noPictures"))));
    this.root.classList.toggle("case-ecg", this.ecgs.length > 0);
  }

  private instancesOf(kind: Instance["kind"]): Instance[] {
    return this.data.series.flatMap((series) => series.instances).filter((instance) => instance.kind === kind && !instance.damaged);
  }

  /** The viewer is heavy and is fetched only now. */
  private async openPictures(): Promise<void> {
    const place = h("div", { class: "stage" });
    const bar = h("div", { class: "tools" }, h("span", { class: "muted small" }, t("loadingViewer")));
    fill(this.centre, bar, place);
    const painted = paintFirst(place, this.data, new Pixels(this.data.study.studyInstanceUID));
    try {
      const { openStage } = await import("./pictures/stage");
      if (this.stop.signal.aborted) return;
      this.stage = await openStage(place, this.data, painted, { changed: () => this.stageChanged(), expired: () => void askLogin(location.pathname) });
    } catch {
      fill(this.centre, h("div", { class: "empty empty-error" }, icon("alert"), h("p", {}, t("viewerFailed"))));
      return;
    }
    this.toolbar = new Toolbar(this.stage);
    bar.replaceWith(this.toolbar.element);
    this.stageChanged();
  }

  private openEcg(instance: Instance): void {
    for (const ecg of this.ecgs) ecg.dispose();
    const view = new EcgView(this.api, instance, { expired: () => void askLogin(location.pathname) });
    this.ecgs = [view];
    fill(this.centre, view.element);
  }

  private stageChanged(): void {
    this.toolbar?.update();
    if (this.stage) this.rail.mark(this.stage.shownSeries, this.prior?.id ?? null);
  }

  private openSeries(series: Series): void {
    const ecg = series.instances.find((instance) => instance.kind === "ecg" && !instance.damaged);
    if (ecg && !this.stage) this.openEcg(ecg);
    else if (series.instances.some((instance) => instance.kind === "image")) this.stage?.show(series);
    else toast(t("noViewerFor"));
  }

  /** An earlier study stands beside this one; the same button takes it away again. */
  private async openPrior(prior: Prior): Promise<void> {
    const same = this.prior?.id === prior.id;
    this.prior = same ? null : prior;
    const answer = same ? null : await json<Case>("GET", `/studies/${prior.id}/case.json`);
    if (answer && answer.kind !== "ok") {
      this.prior = null;
      return toast(answer.kind === "refused" ? (answer.body.message ?? t("caseFailed")) : t("lineDown"), "bad");
    }
    const data = answer?.body ?? null;
    if (this.stage) this.stage.compare(data);
    else this.comparedEcg(data, prior);
    this.rail.mark(this.stage?.shownSeries ?? "", this.prior?.id ?? null);
  }

  private comparedEcg(data: Case | null, prior: Prior): void {
    this.ecgs.splice(1).forEach((ecg) => ecg.dispose());
    const instance = data?.series.flatMap((series) => series.instances).find((one) => one.kind === "ecg");
    if (!instance) return;
    const view = new EcgView(new Api(`/studies/${prior.id}`), instance, { expired: () => void askLogin(location.pathname) }, `${t("prior")} ${prior.date}`);
    this.ecgs.push(view);
    this.centre.append(view.element);
  }

  private onKey(event: KeyboardEvent): void {
    if (document.querySelector("dialog[open]")) return;
    const act = actFor({ code: event.code, ctrl: event.ctrlKey, shift: event.shiftKey, alt: event.altKey, meta: event.metaKey, repeat: event.repeat, typing: isTextField(event.target), pressable: isPressable(event.target), composing: event.isComposing });
    if (act && this.perform(act)) event.preventDefault();
  }

  private perform(act: Act): boolean {
    if (act === "cancel" && isTextField(document.activeElement)) {
      (document.activeElement as HTMLElement).blur();
      return true;
    }
    const deed = this.deeds[act];
    if (deed) deed();
    return Boolean(deed) || (this.stage?.act(act) ?? this.ecgs[0]?.act(act) ?? false);
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
    else this.showDone();
  }

  private showDone(): void {
    this.dispose();
    fill(this.root, h("div", { class: "empty" }, icon("check"), h("p", {}, t("allDone", { name: this.data.patient.name })), h("a", { class: "button button-main", href: this.root.dataset["worklist"] ?? "/worklist" }, t("backToList"))));
  }

  private showClaim(claim: Claim | null): void {
    this.data.claim = claim;
    this.bar.showClaim(claim);
  }

  private async takeOver(): Promise<void> {
    const who = this.data.claim?.by ?? this.pane.saver.state.holder;
    if (!(await confirmed(t("takeOver"), t("takeOverAsk", { name: this.data.patient.name, who }), t("takeOver"), "danger"))) return;
    const answer = await this.api.claim(true);
    if (answer.kind === "ok") {
      this.pane.nowMine();
      if (!this.pane.unsaved) this.again(null);
      else this.showClaim(answer.body.claim);
    } else toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"), "bad");
  }

  private async giveBack(): Promise<void> {
    if (!(await this.pane.saver.flush())) return toast(t("leaveUnsaved"), "warn");
    const answer = await this.api.giveBack();
    if (answer.kind === "ok") this.again(null);
  }

  private async lock(): Promise<void> {
    const answer = await json("POST", "/lock", {});
    toast(t(answer.kind === "ok" ? "locked" : "lineDown"), answer.kind === "ok" ? "ok" : "bad");
    if (answer.kind === "ok") this.data.signing.openUntil = null;
  }

  private listKeys(): void {
    const on = this.ecgs.length ? "ecg" : "picture";
    registerKeys(KEY_LIST.filter((line) => line.on === "all" || line.on === on).map((line) => ({ keys: [...line.keys], text: t(line.text) })));
  }
}

function showFailure(root: HTMLElement, sentence: string, again: () => void): void {
  root.removeAttribute("aria-busy");
  fill(root, h("div", { class: "empty empty-error", lang: language }, icon("alert"), h("p", {}, sentence), h("div", { class: "row" }, h("button", { class: "button", on: { click: again } }, t("tryAgain")), h("a", { class: "button button-quiet", href: root.dataset["worklist"] ?? "/worklist" }, t("backToList")))));
}
