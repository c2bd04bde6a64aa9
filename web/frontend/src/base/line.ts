/** Says on every page that the line is down, tries again by itself, and goes away when it is back. */
import { h, icon } from "../dom/element";
import { t } from "../i18n";

/** Told by whoever asks the server; `detail` is true when it answered. */
export const LINE_EVENT = "readhub:line";
const RETRY_MS = 4000;

let retry: ReturnType<typeof setInterval> | undefined;

/** Shows or takes away the banner. */
export function showLine(up: boolean): void {
  const banner = document.querySelector(".line-banner");
  if (up) {
    banner?.remove();
    clearInterval(retry);
    retry = undefined;
    return;
  }
  if (banner) return;
  const again = { type: "button", class: "button button-small", on: { click: () => void tryAgain() } };
  document.body.append(
    h(
      "div",
      { class: "line-banner", role: "status" },
      icon("offline"),
      t("lineDown"),
      h("button", again, icon("refresh"), t("tryAgain")),
    ),
  );
  retry ??= setInterval(() => void tryAgain(), RETRY_MS);
}

/** Listens to the browser and to the page's own requests. */
export function watchLine(): void {
  window.addEventListener("offline", () => showLine(false));
  window.addEventListener("online", () => void tryAgain());
  document.addEventListener(LINE_EVENT, (event) => showLine((event as CustomEvent<boolean>).detail));
}

async function tryAgain(): Promise<void> {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) showLine(true);
}
