/** The middle of the page: pictures or an ECG, and an earlier study beside it. */
import { fill, h, icon } from "../dom/element";
import { toast } from "../dom/toast";
import { t } from "../i18n";
import { json } from "../net/http";
import { Api, Pixels } from "./api";
import type { Case, Instance, Prior, Series } from "./contract";
import { EcgView } from "./ecg/ecg-view";
import type { Editing } from "./ecg/editing";
import { type Measured, measuredOf } from "./ecg/measured-values";
import { previousEcg, serialChanges, serialLine } from "./ecg/serial";
import type { Act } from "./keys";
import type { Brought, Refers } from "./pictures/brought";
import { paintFirst } from "./pictures/first-paint";
import type { Stage } from "./pictures/stage";
import { Toolbar } from "./toolbar";

export interface CentreHost {
  /** Which series is shown now, and which prior beside it. */
  shown(series: string, prior: Prior["id"] | null): void;
  expired(): void;
  /** Puts a statement into the report. */
  state(words: string): void;
  /** Which recording is shown now. */
  ecgShown(instance: string): void;
  editValues(): void;
  editing: Editing | null;
}

export class Centre {
  readonly element = h("section", { class: "centre", "aria-label": t("pictures") });
  private stage: Stage | null = null;
  private toolbar: Toolbar | null = null;
  private ecgs: EcgView[] = [];
  private prior: Prior | null = null;
  private brought: Brought | null = null;
  private priorValues: Measured[] | null = null;
  private shownEcg = "";
  private gone = false;

  constructor(
    private readonly data: Case,
    private readonly api: Api,
    private readonly host: CentreHost,
  ) {
    const ecg = this.instances("ecg")[0];
    if (this.instances("image").length > 0) void this.openPictures();
    else if (ecg) this.openEcg(ecg);
    else this.say("file", t(data.arriving ? "nothingYet" : "noPictures"));
  }

  get isEcg(): boolean {
    return this.ecgs.length > 0;
  }

  openSeries(series: Series): void {
    const ecg = series.instances.find((instance) => instance.kind === "ecg" && !instance.damaged);
    if (ecg && !this.stage) this.openEcg(ecg);
    else if (series.instances.some((instance) => instance.kind === "image")) this.stage?.show(series);
    else toast(t("noViewerFor"));
  }

  /** An earlier study stands beside this one; the same button takes it away again. */
  async openPrior(prior: Prior): Promise<void> {
    const same = this.prior?.id === prior.id;
    const answer = same ? null : await json<Case>("GET", `/studies/${prior.id}/case.json`);
    if (this.gone) return;
    if (answer?.kind === "expired") return this.host.expired();
    if (answer && answer.kind !== "ok") {
      this.ecgs[0]?.note(h("span"));
      const sentence = answer.kind === "refused" ? answer.body.message : t("lineDown");
      return toast(sentence ?? t("caseFailed"), "bad");
    }
    this.prior = same ? null : prior;
    if (this.stage) this.stage.compare(answer?.body ?? null);
    else this.compareEcg(answer?.body ?? null, prior);
    this.host.shown(this.stage?.shownSeries ?? "", this.prior?.id ?? null);
  }

  /** Draws what other systems sent. */
  bring(all: Brought): void {
    this.brought = all;
    this.stage?.bring(all);
  }

  /** Leads to an image that was chosen elsewhere. */
  jump(image: Refers): void {
    void this.stage?.jump(image);
  }

  /** Does what a key says; false when there is nothing here that it could mean. */
  act(act: Act): boolean {
    return this.stage?.act(act) ?? this.ecgs[0]?.act(act) ?? false;
  }

  dispose(): void {
    this.gone = true;
    this.stage?.dispose();
    for (const ecg of this.ecgs) ecg.dispose();
  }

  private instances(kind: Instance["kind"]): Instance[] {
    return this.data.series
      .flatMap((series) => series.instances)
      .filter((instance) => instance.kind === kind && !instance.damaged);
  }

  /** The viewer is heavy and is fetched only now. */
  private async openPictures(): Promise<void> {
    const place = h("div", { class: "stage" });
    const bar = h("div", { class: "tools" }, h("span", { class: "muted small" }, t("loadingViewer")));
    fill(this.element, bar, place);
    const painted = paintFirst(place, this.data, new Pixels(this.data.study.studyInstanceUID));
    try {
      const { openStage } = await import("./pictures/stage");
      if (this.gone) return;
      const host = { changed: () => this.changed(), expired: () => this.host.expired() };
      this.stage = await openStage(place, this.data, painted, host);
    } catch {
      return this.say("alert", t("viewerFailed"));
    }
    if (this.gone) return this.stage.dispose();
    if (this.brought) this.stage.bring(this.brought);
    this.toolbar = new Toolbar(this.stage);
    bar.replaceWith(this.toolbar.element);
    this.changed();
  }

  private openEcg(instance: Instance): void {
    for (const ecg of this.ecgs) ecg.dispose();
    this.ecgs = [new EcgView(this.api, instance, this.host)];
    this.element.classList.add("centre-ecg");
    fill(this.element, ...this.ecgs.map((ecg) => ecg.element));
    this.prior = null;
    this.shownEcg = instance.sopInstanceUID;
    this.host.ecgShown(this.shownEcg);
    const previous = previousEcg(this.data);
    if (previous) {
      this.ecgs[0]?.note(serialLine(previous, null));
      void this.openPrior(previous);
    }
  }

  /** The values of the ECG or of the one below it changed. */
  compareValues(): void {
    if (!this.prior || !this.priorValues || !this.shownEcg) return;
    const changes = this.data.aiHidden
      ? []
      : serialChanges(measuredOf(this.data, this.shownEcg), this.priorValues);
    this.ecgs[0]?.note(serialLine(this.prior, changes));
  }

  private compareEcg(data: Case | null, prior: Prior): void {
    this.ecgs.splice(1).forEach((ecg) => ecg.dispose());
    const all = data?.series.flatMap((series) => series.instances) ?? [];
    const instance = all.find((one) => one.kind === "ecg" && !one.damaged);
    this.priorValues = data && instance ? measuredOf(data, instance.sopInstanceUID) : null;
    if (!data) this.ecgs[0]?.note(h("span"));
    else this.compareValues();
    if (!instance) return;
    const caption = `${t("prior")} ${prior.date}`;
    const view = new EcgView(new Api(`/studies/${prior.id}`), instance, this.host, caption);
    this.ecgs.push(view);
    this.element.append(view.element);
  }

  private changed(): void {
    this.toolbar?.update();
    if (this.stage) this.host.shown(this.stage.shownSeries, this.prior?.id ?? null);
  }

  private say(name: string, sentence: string): void {
    fill(this.element, h("div", { class: "empty" }, icon(name), h("p", {}, sentence)));
  }
}
