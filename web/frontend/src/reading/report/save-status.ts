/** Says whether the words are on the server, and offers what can be done when they are not. */
import { fill, h } from "../../dom/element";
import { localTime } from "../../dom/time";
import { type Key, t } from "../../i18n";
import type { DraftState, Phase } from "./draft-state";

/** What each phase offers, by what its button is called. */
const OFFERS: Partial<Record<Phase, Key>> = { conflict: "resolve", held: "takeOver", expired: "resolve" };

export class SaveStatus {
  readonly element = h("span", { class: "save-state", role: "status" });

  /** `resolve` is asked to deal with a conflict, a holder or an ended session. */
  constructor(private readonly resolve: (state: DraftState) => void) {}

  show(state: DraftState): void {
    const offer = OFFERS[state.phase];
    const act = { click: () => this.resolve(state) };
    const look = { type: "button", class: "button button-small", on: act };
    this.element.className = `save-state ${toneOf(state.phase)}`;
    fill(this.element, wordsOf(state), offer && h("button", look, t(offer)));
  }
}

function toneOf(phase: Phase): string {
  if (phase === "clean") return "";
  return phase === "dirty" || phase === "saving" ? "save-dirty" : "save-bad";
}

function wordsOf(state: DraftState): string {
  switch (state.phase) {
    case "clean":
      return state.savedAt ? t("savedAt", { when: localTime(state.savedAt, "time") }) : "";
    case "dirty":
      return t("unsaved");
    case "saving":
      return t("saving");
    case "offline":
      return t("saveOffline");
    case "expired":
      return t("saveExpired");
    case "conflict":
      return t("saveConflict");
    case "held":
      return t("saveHeld", { who: state.holder });
  }
}
