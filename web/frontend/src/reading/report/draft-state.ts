/** The life of a draft on the page: what each event makes of it, and what has to be done then. No timers, no network. */
import type { Draft, Text } from "../contract";

export type Phase = "clean" | "dirty" | "saving" | "offline" | "expired" | "conflict" | "held";

export interface DraftState {
  phase: Phase;
  text: Text;
  /** Version that the server's text had when ours was based on it. */
  base: number;
  saved: Text;
  /** What is on its way to the server. */
  sending: Text | null;
  savedAt: string | null;
  /** Digest of what is shown, to be sent back when signing. */
  shown: string;
  /** The other text, while both are before the reader. */
  other: Draft | null;
  /** Who holds the study, while that keeps us from saving. */
  holder: string;
}

export type DraftEvent =
  | { type: "typed"; text: Text }
  | { type: "due" }
  | { type: "saved"; version: number; savedAt: string; shown: string }
  | { type: "changed-elsewhere"; draft: Draft }
  | { type: "held"; by: string }
  | { type: "unreachable" }
  | { type: "expired" }
  | { type: "take-mine" }
  | { type: "take-theirs" }
  | { type: "claimed" }
  /** The page shows something else beside the text: a digest to be sent back instead. */
  | { type: "shown"; shown: string };

export type Effect =
  | { do: "wait"; ms: number }
  | { do: "put"; text: Text; base: number }
  | { do: "keep" }
  | { do: "forget" }
  | { do: "show-both" }
  | { do: "reload" };

/** From the first unsaved letter to the request; the promise is 2 s with the answer. */
export const SAVE_AFTER_MS = 1200;
/** Between attempts while the server cannot be reached. */
export const RETRY_MS = 4000;

/** A draft as it came from the server. */
export function opened(draft: Draft, shown: string): DraftState {
  const text = textOf(draft);
  return {
    phase: "clean",
    text,
    base: draft.version,
    saved: text,
    sending: null,
    savedAt: draft.savedAt,
    shown,
    other: null,
    holder: "",
  };
}

/** What `event` makes of `state`, and what to do now. */
export function step(state: DraftState, event: DraftEvent): [DraftState, Effect[]] {
  switch (event.type) {
    case "typed":
      return typed(state, event.text);
    case "due":
      return isWaiting(state) ? savingNow(state) : [state, []];
    case "saved":
      return saved(state, event);
    case "changed-elsewhere":
      return [{ ...state, phase: "conflict", other: event.draft }, [{ do: "keep" }, { do: "show-both" }]];
    case "held":
      return [{ ...state, phase: "held", holder: event.by }, [{ do: "keep" }]];
    case "unreachable":
      return [{ ...state, phase: "offline" }, [{ do: "keep" }, { do: "wait", ms: RETRY_MS }]];
    case "expired":
      return [{ ...state, phase: "expired" }, [{ do: "keep" }]];
    case "take-mine":
      return takeMine(state);
    case "take-theirs":
      return takeTheirs(state);
    case "shown":
      return [{ ...state, shown: event.shown }, []];
    case "claimed":
      return state.phase === "held" ? savingNow({ ...state, holder: "" }) : [state, []];
  }
}

/** True while the person's text is not on the server. */
export function isUnsaved(state: DraftState): boolean {
  return state.phase !== "clean";
}

/** True when both say the same. */
export function sameText(one: Text, other: Text): boolean {
  return (
    one.findings === other.findings &&
    one.impression === other.impression &&
    one.advice === other.advice &&
    one.addendum === other.addendum
  );
}

/** The four texts of a draft or report. */
export function textOf(source: Text): Text {
  return {
    findings: source.findings,
    impression: source.impression,
    advice: source.advice,
    addendum: source.addendum,
  };
}

function typed(state: DraftState, text: Text): [DraftState, Effect[]] {
  const next = { ...state, text };
  if (state.phase === "clean") {
    if (sameText(text, state.saved)) return [next, []];
    return [{ ...next, phase: "dirty" }, [{ do: "keep" }, { do: "wait", ms: SAVE_AFTER_MS }]];
  }
  return [next, [{ do: "keep" }]];
}

function saved(
  state: DraftState,
  answer: { version: number; savedAt: string; shown: string },
): [DraftState, Effect[]] {
  if (state.phase !== "saving") return [state, []];
  const sent = state.sending ?? state.text;
  const next = {
    ...state,
    base: answer.version,
    savedAt: answer.savedAt,
    shown: answer.shown,
    saved: sent,
    sending: null,
  };
  if (sameText(sent, state.text)) return [{ ...next, phase: "clean" }, [{ do: "forget" }]];
  return [{ ...next, phase: "dirty" }, [{ do: "wait", ms: SAVE_AFTER_MS }]];
}

function takeMine(state: DraftState): [DraftState, Effect[]] {
  if (!state.other) return [state, []];
  return savingNow({ ...state, base: state.other.version, other: null });
}

function takeTheirs(state: DraftState): [DraftState, Effect[]] {
  if (!state.other) return [state, []];
  const text = textOf(state.other);
  const next: DraftState = {
    ...state,
    phase: "clean",
    text,
    saved: text,
    base: state.other.version,
    savedAt: state.other.savedAt,
    other: null,
  };
  return [next, [{ do: "forget" }, { do: "reload" }]];
}

function savingNow(state: DraftState): [DraftState, Effect[]] {
  return [
    { ...state, phase: "saving", sending: state.text },
    [{ do: "put", text: state.text, base: state.base }],
  ];
}

function isWaiting(state: DraftState): boolean {
  return state.phase === "dirty" || state.phase === "offline" || state.phase === "expired";
}
