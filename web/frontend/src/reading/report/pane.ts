/** The report pane: fields, autosave, template, suggestion, signature, versions. */
import { fill, h, icon } from "../../dom/element";
import { localTime } from "../../dom/time";
import { toast } from "../../dom/toast";
import { labelled, t } from "../../i18n";
import type { Api } from "../api";
import type { Case, Claim, Text } from "../contract";
import { DraftSaver } from "./draft-saver";
import { type DraftState, sameText } from "./draft-state";
import { Fields } from "./fields";
import { askRestore, askTemplate, chooseText } from "./questions";
import { SafetyNet } from "./safety-net";
import { sign } from "./signing";
import { abnormalities, acceptable, appended, isEmpty } from "./suggestion";
import { versionList } from "./versions";

export interface PaneHost {
  claimed(claim: Claim | null): void;
  reload(): void;
  expired(): void;
  signed(next: string | null): void;
  takeOver(): void;
}

export class ReportPane {
  readonly element = h("section", { class: "report", "aria-label": t("report") });
  readonly saver: DraftSaver;
  private readonly fields: Fields;
  private readonly net: SafetyNet;
  private readonly status = h("span", { class: "save-state", role: "status" });
  private readonly addendum: boolean;
  private claim: "none" | "asking" | "mine" | "theirs";
  private signing = false;

  constructor(private readonly data: Case, private readonly api: Api, private readonly host: PaneHost) {
    this.addendum = data.reports.length > 0 && !isClosed(data);
    this.claim = data.claim ? (data.claim.mine ? "mine" : "theirs") : "none";
    this.fields = new Fields(this.addendum ? ["addendum"] : ["findings", "impression", "advice"], () => this.edited());
    this.net = new SafetyNet(localStorage, data.user.name, data.study.id);
    this.saver = new DraftSaver(startingDraft(data), data.shown, api, this.net, {
      changed: (state) => this.showState(state),
      showBoth: (state) => void this.showBoth(state),
      reload: () => host.reload(),
    });
    this.build();
    void this.restore();
  }

  /** Opens with `text` in the fields instead of the server's, as after a reload that keeps the words. */
  keepText(text: Text): void {
    if (sameText(text, this.saver.state.text)) return;
    this.fields.show(text);
    this.edited();
  }

  get text(): Text {
    return this.fields.text(this.saver.state.text);
  }

  get unsaved(): boolean {
    return this.saver.state.phase !== "clean";
  }

  write(): void {
    this.fields.focus();
  }

  async template(): Promise<void> {
    if (!this.mayWrite() || this.addendum) return;
    const text = this.text;
    const found = abnormalities(this.data).map((finding) => labelled(finding.label_zh, finding.label_en));
    if ((!isEmpty(text) || found.length > 0) && !(await askTemplate(!isEmpty(text), found))) return;
    this.put({ ...text, ...this.data.template });
  }

  suggestion(): void {
    if (!this.mayWrite() || this.addendum) return;
    const words = this.data.suggestion;
    if (!words) return toast(t("noSuggestion"));
    this.put(appended(this.text, words));
  }

  async sign(): Promise<void> {
    if (this.signing) return;
    if (this.claim === "theirs") return this.host.takeOver();
    if (!this.data.rights.sign) return toast(this.data.rights.why || t("mayNotSign"), "warn");
    const offered = acceptable(this.data);
    if (isEmpty(this.text) && offered) this.put({ ...this.text, ...offered });
    if (!(this.addendum ? this.text.addendum : this.text.impression).trim()) {
      toast(t(this.addendum ? "addendumEmpty" : "impressionEmpty"), "warn");
      return this.fields.focus(this.addendum ? "addendum" : "impression");
    }
    await this.signNow();
  }

  /** The study is ours now: what waited is saved. */
  nowMine(): void {
    this.claim = "mine";
    this.lockFields();
    this.saver.happen({ type: "claimed" });
  }

  dispose(): void {
    this.saver.close();
  }

  private build(): void {
    const { data } = this;
    fill(
      this.element,
      h("h2", { class: "pane-head" }, icon("edit"), t(this.addendum ? "addendum" : "report"), this.status),
      versionList(data.reports, true),
      !this.addendum && acceptable(data) && h("p", { class: "report-offer small" }, icon("info"), t("offered")),
      isClosed(data) ? null : this.fields.element,
      this.foot(),
    );
    this.fields.show(this.saver.state.text);
    this.fields.offer(this.addendum ? null : acceptable(data));
    this.lockFields();
    this.showState(this.saver.state);
  }

  private foot(): HTMLElement {
    const { data } = this;
    if (isClosed(data)) return this.signedFoot();
    const off = data.rights.write ? null : "true";
    const why = data.rights.write ? "" : data.rights.why;
    const words = this.addendum ? [] : [
      h("button", { type: "button", class: "button button-small", title: why || `${t("insertTemplate")} (T)`, "aria-disabled": off, on: { click: () => void this.template() } }, t("template"), h("kbd", {}, "T")),
      h("button", { type: "button", class: "button button-small", title: why || (data.suggestion ? `${t("insertSuggestion")} (S)` : t("noSuggestion")), "aria-disabled": off ?? (data.suggestion ? null : "true"), on: { click: () => this.suggestion() } }, t("suggestion"), h("kbd", {}, "S")),
    ];
    return h("div", { class: "report-foot" }, h("div", { class: "row" }, ...words), h("button", { type: "button", class: "button button-main report-sign", title: data.rights.sign ? `${t("signFor", { name: data.patient.name })} (Ctrl+Enter)` : data.rights.why, "aria-disabled": data.rights.sign ? null : "true", on: { click: () => void this.sign() } }, icon("signature"), t("sign"), h("kbd", {}, "Ctrl ↵")));
  }

  private signedFoot(): HTMLElement {
    return h("div", { class: "report-foot" }, h("span", { class: "muted small" }, this.data.rights.why), h("button", { type: "button", class: "button", on: { click: () => void this.openAddendum() } }, icon("plus"), t("openAddendum")));
  }

  private async openAddendum(): Promise<void> {
    const answer = await this.api.openAddendum();
    if (answer.kind === "ok") this.host.reload();
    else if (answer.kind === "expired") this.host.expired();
    else toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"), "bad");
  }

  private put(text: Text): void {
    this.fields.show(text);
    this.edited();
  }

  private mayWrite(): boolean {
    if (this.data.rights.write && this.claim !== "theirs") return true;
    toast(this.data.rights.why || t("claimedHelp"), "warn");
    return false;
  }

  private edited(): void {
    this.saver.typed(this.text);
    if (this.claim === "none") void this.claimFirst();
  }

  private async claimFirst(): Promise<void> {
    this.claim = "asking";
    const answer = await this.api.claim(false);
    if (answer.kind === "ok") {
      this.claim = "mine";
      this.host.claimed(answer.body.claim ?? { by: this.data.user.name, mine: true, since: "" });
    } else if (answer.kind === "refused" && answer.status === 423) {
      const by = String(answer.body["by"] ?? "");
      this.claim = "theirs";
      this.saver.happen({ type: "held", by });
      this.host.claimed({ by, mine: false, since: "" });
    } else this.claim = "none";
  }

  private lockFields(): void {
    const locked = !this.data.rights.write || (this.claim === "theirs" && !this.unsaved);
    this.fields.lock(locked, this.data.rights.write ? t("claimedHelp") : this.data.rights.why);
  }

  private async showBoth(state: DraftState): Promise<void> {
    if (!state.other) return;
    const choice = await chooseText(state.text, state.other);
    if (choice === "mine") this.saver.happen({ type: "take-mine" });
    else if (choice === "theirs") this.saver.happen({ type: "take-theirs" });
  }

  /** Words that were typed here and never reached the server come back. */
  private async restore(): Promise<void> {
    const kept = this.net.kept();
    const server = this.data.draft;
    if (!kept || !this.data.rights.write) return;
    if (sameText(kept.text, this.saver.state.text)) return this.net.forget();
    const simple = kept.base === server.version;
    if (!simple && !(await askRestore(kept.text, server, kept.at))) return this.net.forget();
    this.put(kept.text);
    toast(t("restored"), "ok");
  }

  private async signNow(): Promise<void> {
    this.signing = true;
    this.element.classList.add("report-busy");
    const result = await sign(this.data, this.api, this.saver, () => this.text).finally(() => {
      this.signing = false;
      this.element.classList.remove("report-busy");
    });
    if (result.kind === "signed") {
      this.net.forget();
      this.saver.close();
      this.host.signed(result.next);
    } else if (result.kind === "reload") this.host.reload();
    else if (result.kind === "expired") {
      this.net.keep(this.text, this.saver.state.base);
      this.host.expired();
    }
  }

  private showState(state: DraftState): void {
    const told: Record<DraftState["phase"], () => [string, string]> = {
      clean: () => ["", state.savedAt ? t("savedAt", { when: localTime(state.savedAt, "time") }) : ""],
      dirty: () => ["save-dirty", t("unsaved")],
      saving: () => ["save-dirty", t("saving")],
      offline: () => ["save-bad", t("saveOffline")],
      expired: () => ["save-bad", t("saveExpired")],
      conflict: () => ["save-bad", t("saveConflict")],
      held: () => ["save-bad", t("saveHeld", { who: state.holder })],
    };
    const [tone, text] = told[state.phase]();
    this.status.className = `save-state ${tone}`;
    const again = state.phase === "conflict" ? () => void this.showBoth(state) : state.phase === "held" ? () => this.host.takeOver() : state.phase === "expired" ? () => this.host.expired() : null;
    fill(this.status, text, again && h("button", { type: "button", class: "button button-small", on: { click: again } }, t(state.phase === "held" ? "takeOver" : "resolve")));
    if (state.phase === "expired") this.host.expired();
  }
}

/** Signed, with nothing opened since: there is only an addendum to be written. */
function isClosed(data: Case): boolean {
  return data.reports.length > 0 && (data.study.state === "signed" || data.study.state === "delivered");
}

/** In an addendum the signed words stay as they are unless a draft has others. */
function startingDraft(data: Case): Case["draft"] {
  const last = [...data.reports].sort((a, b) => b.version - a.version)[0];
  if (!last || !isEmpty({ ...data.draft, addendum: "" })) return data.draft;
  return { ...data.draft, findings: last.findings, impression: last.impression, advice: last.advice };
}
