/** Tells whether a key press belongs to text being written. */

const CHOOSERS = new Set(["checkbox", "radio", "button", "submit", "range"]);

/** True for fields that take text, and for lists that take letters. */
export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && !CHOOSERS.has(target.type);
}

/** True for controls that Space and Enter press. */
export function isPressable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("button, a[href], summary, input, select, textarea") !== null
  );
}
