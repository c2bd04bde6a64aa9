/** A short sentence at the foot of the page that goes away by itself. */
import { h } from "./element";

export type Tone = "info" | "ok" | "warn" | "bad";

const STAYS_MS: Record<Tone, number> = { info: 4000, ok: 3000, warn: 8000, bad: 12000 };

/** Shows `text`; warnings and failures stay longer and are read out at once. */
export function toast(text: string, tone: Tone = "info"): void {
  const host =
    document.querySelector(".toasts") ??
    document.body.appendChild(h("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  const note = h(
    "div",
    { class: `notice notice-${tone} toast`, role: tone === "bad" ? "alert" : null },
    text,
  );
  host.append(note);
  setTimeout(() => note.remove(), STAYS_MS[tone]);
}
