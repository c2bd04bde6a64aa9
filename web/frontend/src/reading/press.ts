/** A key press as the browser tells it, without the browser's event around it. */
import { isPressable, isTextField } from "../dom/typing";
import type { Press } from "./keys";

/** What `keys.ts` has to know of `event`. */
export function pressOf(event: KeyboardEvent): Press {
  return {
    code: event.code,
    ctrl: event.ctrlKey,
    shift: event.shiftKey,
    alt: event.altKey,
    meta: event.metaKey,
    repeat: event.repeat,
    typing: isTextField(event.target),
    pressable: isPressable(event.target),
    composing: event.isComposing,
  };
}
