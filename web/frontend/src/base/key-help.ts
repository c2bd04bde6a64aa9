/** The list of keys, by page: a script that has keys registers them here. */
import { ask } from "../dom/dialog";
import { h } from "../dom/element";
import { t } from "../i18n";

export interface KeyLine {
  keys: string[];
  text: string;
}

const registered: KeyLine[] = [];
const HOST = "readhubKeys";
type Host = { [HOST]?: KeyLine[] };

/** The page's lines; kept on the window because entries may be bundled apart. */
function lines(): KeyLine[] {
  const host = window as unknown as Host;
  host[HOST] ??= registered;
  return host[HOST];
}

/** Replaces the page's list of keys. */
export function registerKeys(list: KeyLine[]): void {
  lines().splice(0, Infinity, ...list);
}

/** Shows the list of keys. */
export async function showKeys(): Promise<void> {
  if (document.querySelector("dialog[open]")) return;
  const rows = lines().map((line) =>
    h(
      "div",
      { class: "keys-row" },
      h("span", {}, line.text),
      h("span", {}, ...line.keys.map((key) => h("kbd", {}, key))),
    ),
  );
  await ask({
    title: t("keysTitle"),
    wide: rows.length > 8,
    body: rows.length ? [h("div", { class: "keys" }, ...rows)] : [h("p", {}, t("keysNone"))],
    choices: [{ key: "", label: t("close"), tone: "main" }],
    ready: (dialog) => dialog.querySelector<HTMLButtonElement>(".dialog-foot button")?.focus(),
  });
}
