/** Whose the study is while words are written: claimed by the first change, or held by somebody else. */
import { toast } from "../../dom/toast";
import { t } from "../../i18n";
import type { Api } from "../api";
import type { Case, Claim } from "../contract";

export interface HoldListener {
  claimed(claim: Claim): void;
  /** Somebody else was quicker: nothing is saved until they give way. */
  heldBy(name: string): void;
}

export class Hold {
  private state: "none" | "asking" | "mine" | "theirs";

  constructor(
    private readonly data: Case,
    private readonly api: Api,
    private readonly listener: HoldListener,
  ) {
    this.state = data.claim ? (data.claim.mine ? "mine" : "theirs") : "none";
  }

  get theirs(): boolean {
    return this.state === "theirs";
  }

  /** Why the fields are locked. */
  get why(): string {
    return this.data.rights.write ? t("claimedHelp") : this.data.rights.why;
  }

  /** True where words may be put in; else says why not. */
  mayWrite(): boolean {
    if (this.data.rights.write && !this.theirs) return true;
    toast(this.data.rights.why || t("claimedHelp"), "warn");
    return false;
  }

  /** An act beside the words (an ECG's values) claimed the study, where nobody had it. */
  claimedBeside(): void {
    if (this.state !== "none") return;
    this.nowMine();
    this.listener.claimed({ by: this.data.user.name, mine: true, since: "" });
  }

  nowMine(): void {
    this.state = "mine";
  }

  /** Claims the study for the first change; further changes ask nothing. */
  async need(): Promise<void> {
    if (this.state !== "none") return;
    this.state = "asking";
    const answer = await this.api.claim(false);
    if (answer.kind === "ok") {
      this.state = "mine";
      this.listener.claimed(answer.body.claim ?? { by: this.data.user.name, mine: true, since: "" });
    } else if (answer.kind === "refused" && answer.status === 423) {
      this.state = "theirs";
      this.listener.heldBy(String(answer.body["by"] ?? ""));
    } else this.state = "none";
  }
}
