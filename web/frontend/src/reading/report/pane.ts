/** The report pane: fields, autosave, template, suggestion, signature, versions. */
import { fill, h } from "../../dom/element";
import { toast } from "../../dom/toast";
import { t } from "../../i18n";
import type { Api } from "../api";
import type { Case, Claim, Text, Words } from "../contract";
import { isClosed, startingDraft } from "./beginning";
import { DraftSaver } from "./draft-saver";
import { type DraftState, sameText } from "./draft-state";
import { Fields } from "./fields";
import { signedFoot, writingFoot } from "./foot";
import { Hold } from "./hold";
import { paneParts } from "./layout";
import { askTemplate, chooseText } from "./questions";
import { wordsToRestore } from "./restore";
import { PhraseMenu } from "./phrase-menu";
import { mayFinish } from "./review";
import { SafetyNet } from "./safety-net";
import { SaveStatus } from "./save-status";
import { sign } from "./signing";
import { acceptable, againstNormal, appended, isEmpty, refreshed } from "./suggestion";
import { pickTemplate } from "./template-picker";

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
  private readonly status = new SaveStatus((state) => this.resolve(state));
  private readonly addendum: boolean;
  private readonly hold: Hold;
  private signing = false;
  private lastPhase: DraftState["phase"] = "clean";

  constructor(
    private readonly data: Case,
    private readonly api: Api,
    private readonly host: PaneHost,
  ) {
    this.addendum = data.reports.length > 0 && !isClosed(data);
    this.hold = new Hold(data, api, {
      claimed: (claim) => host.claimed(claim),
      heldBy: (by) => {
        this.saver.happen({ type: "held", by });
        host.claimed({ by, mine: false, since: "" });
      },
    });
    this.fields = new Fields(this.addendum ? ["addendum"] : ["findings", "impression", "advice"], () =>
      this.edited(),
    );
    this.net = new SafetyNet(localStorage, data.user.username, data.study.id);
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

  /** What the page shows beside the text changed: the suggestion's words follow where they stand. */
  shownAnew(shown: string, before: Words | null): void {
    this.saver.happen({ type: "shown", shown });
    this.fields.offer(this.addendum ? null : acceptable(this.data));
    this.hold.claimedBeside();
    const text = refreshed(this.text, before, this.data.suggestion);
    if (!sameText(text, this.text)) this.put(text);
  }

  write(): void {
    this.fields.focus();
  }

  async template(): Promise<void> {
    if (!this.hold.mayWrite() || this.addendum) return;
    const text = this.text;
    const found = againstNormal(this.data);
    if ((!isEmpty(text) || found.length > 0) && !(await askTemplate(!isEmpty(text), found))) return;
    this.put({ ...text, ...this.data.template });
  }

  /** A template of one finding: put in whole where nothing is written, else below it. */
  async pick(): Promise<void> {
    if (!this.hold.mayWrite() || this.addendum) return;
    const one = await pickTemplate(this.data.templates);
    if (one) this.put(appended(this.text, one));
    if (one) this.fields.focusResidue();
  }

  suggestion(): void {
    if (!this.hold.mayWrite() || this.addendum) return;
    const words = this.data.suggestion;
    if (!words) return toast(t("noSuggestion"));
    this.put(appended(this.text, words));
  }

  async sign(): Promise<void> {
    if (this.signing) return;
    if (this.hold.theirs) return this.host.takeOver();
    if (!mayFinish(this.data)) return toast(this.data.rights.why || t("mayNotSign"), "warn");
    const offered = acceptable(this.data);
    if (isEmpty(this.text) && offered) {
      this.put({ ...this.text, ...offered });
      // What is signed was seen: words that do not fit are only put in, and signed by the next chord.
      if (!this.fields.allVisible()) return toast(t("offeredLong"), "warn");
    }
    if (!(this.addendum ? this.text.addendum : this.text.impression).trim()) {
      toast(t(this.addendum ? "addendumEmpty" : "impressionEmpty"), "warn");
      return this.fields.focus(this.addendum ? "addendum" : "impression");
    }
    await this.signNow();
  }

  /** The study is ours now: what waited is saved. */
  nowMine(): void {
    this.hold.nowMine();
    this.lockFields();
    this.saver.happen({ type: "claimed" });
  }

  /** Sends what is unsaved on its way; it also stays on this machine until the server has it. */
  dispose(): void {
    this.saver.happen({ type: "due" });
    this.saver.close();
  }

  private build(): void {
    const { data } = this;
    const parts = paneParts(data, this.addendum, this.status.element, this.fields);
    fill(this.element, ...parts, this.foot());
    this.fields.element.append(new PhraseMenu(this.fields.element, data.templates).element);
    this.fields.show(this.saver.state.text);
    this.fields.offer(this.addendum ? null : acceptable(data));
    this.lockFields();
    this.showState(this.saver.state);
  }

  private foot(): HTMLElement {
    if (isClosed(this.data)) return signedFoot(this.data, () => void this.openAddendum());
    return writingFoot(this.data, this.addendum, {
      template: () => void this.template(),
      templates: () => void this.pick(),
      suggestion: () => this.suggestion(),
      sign: () => void this.sign(),
    });
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

  private edited(): void {
    this.saver.typed(this.text);
    void this.hold.need();
  }

  private lockFields(): void {
    const locked = !this.data.rights.write || (this.hold.theirs && !this.unsaved);
    this.fields.lock(locked, this.hold.why);
  }

  private async showBoth(state: DraftState): Promise<void> {
    if (!state.other) return;
    const choice = await chooseText(state.text, state.other);
    if (choice === "mine") this.saver.happen({ type: "take-mine" });
    else if (choice === "theirs") this.saver.happen({ type: "take-theirs" });
  }

  private async restore(): Promise<void> {
    const words = await wordsToRestore(this.net, this.data, this.saver.state.text);
    if (!words) return;
    this.put(words);
    toast(t("restored"), "ok");
  }

  private async signNow(): Promise<void> {
    this.signing = true;
    this.fields.lock(true, t("signing"));
    this.element.classList.add("report-busy");
    const result = await sign(this.data, this.api, this.saver, () => this.text).finally(() => {
      this.signing = false;
      this.lockFields();
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
    const ended = state.phase === "expired" && this.lastPhase !== "expired";
    this.lastPhase = state.phase;
    this.status.show(state);
    if (ended) this.host.expired();
  }

  /** A conflict is shown again, a holder asked to give way, an ended session tried anew. */
  private resolve(state: DraftState): void {
    if (state.phase === "conflict") void this.showBoth(state);
    else if (state.phase === "held") this.host.takeOver();
    else this.saver.happen({ type: "due" });
  }
}
