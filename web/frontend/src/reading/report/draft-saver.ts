/** Carries out what the draft's state asks for: timers, requests, the safety net. */
import type { Api } from "../api";
import type { Draft, Text } from "../contract";
import { type DraftEvent, type DraftState, type Effect, isUnsaved, opened, step } from "./draft-state";
import type { SafetyNet } from "./safety-net";

export interface SaverHost {
  changed(state: DraftState): void;
  showBoth(state: DraftState): void;
  reload(): void;
}

export class DraftSaver {
  state: DraftState;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private inFlight: Promise<void> | null = null;
  private closed = false;

  constructor(
    draft: Draft,
    shown: string,
    private readonly api: Api,
    private readonly net: SafetyNet,
    private readonly host: SaverHost,
  ) {
    this.state = opened(draft, shown);
  }

  /** Takes what the person wrote. */
  typed(text: Text): void {
    this.happen({ type: "typed", text });
  }

  happen(event: DraftEvent): void {
    if (this.closed) return;
    const [state, effects] = step(this.state, event);
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
    this.host.changed(this.state);
  }

  /** Saves now; true when the server has everything. */
  async flush(): Promise<boolean> {
    await this.inFlight;
    if (isUnsaved(this.state)) this.happen({ type: "due" });
    await this.inFlight;
    return !isUnsaved(this.state);
  }

  /** Stops; what is unsaved stays in the safety net. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private carryOut(effect: Effect): void {
    if (effect.do === "wait") this.wait(effect.ms);
    else if (effect.do === "put") this.inFlight = this.put(effect.text, effect.base);
    else if (effect.do === "keep") this.net.keep(this.state.text, this.state.base);
    else if (effect.do === "forget") this.net.forget();
    else if (effect.do === "show-both") this.host.showBoth(this.state);
    else this.host.reload();
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.happen({ type: "due" }), ms);
  }

  private async put(text: Text, base: number): Promise<void> {
    const answer = await this.api.saveDraft(text, base);
    if (answer.kind === "ok") this.happen({ type: "saved", ...answer.body });
    else if (answer.kind === "expired") this.happen({ type: "expired" });
    else if (answer.kind === "refused" && answer.status === 409 && answer.body["draft"])
      this.happen({ type: "changed-elsewhere", draft: answer.body["draft"] as Draft });
    else if (answer.kind === "refused" && answer.status === 423)
      this.happen({ type: "held", by: String(answer.body["by"] ?? "") });
    else this.happen({ type: "unreachable" });
  }
}
