/** What the checks found before a signature: each is answered by a reason, or the report is mended. */
import { ask } from "../../dom/dialog";
import { h } from "../../dom/element";
import { t } from "../../i18n";
import type { Refusal } from "../../net/http";

/** The check that asks whether an AI text was read over. */
const READ_OVER = "untouched";

export interface Concern {
  key: string;
  title: string;
  said: string;
}

/** The concerns of a refusal. */
export function concernsOf(refusal: Refusal): Concern[] {
  return Array.isArray(refusal["concerns"]) ? (refusal["concerns"] as Concern[]) : [];
}

/** Asks a reason for each; null to go back and mend the report. Every reason is given by the doctor, none is prefilled. */
export async function askReasons(
  patient: string,
  concerns: readonly Concern[],
): Promise<Record<string, string> | null> {
  const fields = new Map(concerns.map((one) => [one.key, reasonField(one)]));
  const answer = await ask({
    title: t("concernsTitle", { name: patient }),
    wide: true,
    body: [h("ul", { class: "concerns" }, ...concerns.map((one) => line(one, fields.get(one.key))))],
    choices: [
      { key: "", label: t("backToText"), tone: "quiet" },
      { key: "sign", label: t("signAnyway"), tone: "main" },
    ],
    ready: () => [...fields.values()][0]?.focus(),
  });
  if (answer !== "sign") return null;
  return Object.fromEntries([...fields].map(([key, field]) => [key, field.value.trim()]));
}

function reasonField(one: Concern): HTMLInputElement {
  const field = h("input", {
    maxlength: "200",
    required: true,
    autocomplete: "off",
    "aria-label": `${t("reason")} ${one.title}`,
    placeholder: t("reason"),
  });
  if (one.key === READ_OVER)
    field.addEventListener("keydown", (event) => {
      if (event.code !== "Digit1" || field.value || event.isComposing) return;
      event.preventDefault();
      field.value = t("readWordByWord");
    });
  return field;
}

/** What a doctor who has read an AI text over says of it with one key or click. */
function readOver(field: HTMLInputElement): HTMLElement {
  const say = () => {
    field.value = t("readWordByWord");
    field.focus();
  };
  return h(
    "button",
    { type: "button", class: "button button-small", on: { click: say } },
    t("readWordByWord"),
    h("kbd", {}, "1"),
  );
}

function line(one: Concern, field: HTMLInputElement | undefined): HTMLElement {
  return h(
    "li",
    { class: "concern" },
    h("p", {}, h("span", { class: "badge badge-warn" }, one.title), " ", one.said),
    field,
    one.key === READ_OVER && field && readOver(field),
  );
}
