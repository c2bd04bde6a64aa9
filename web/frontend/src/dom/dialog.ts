/** One modal dialog at a time, made of our own parts; it settles a promise with the chosen action. */
import { type Child, fill, h, icon } from "./element";
import { t } from "../i18n";

export interface Choice {
  key: string;
  label: string;
  tone?: "main" | "danger" | "quiet";
}

export interface Dialog {
  title: string;
  body: Child[];
  choices: Choice[];
  wide?: boolean;
  /** Gets the open dialog before it is shown, for focus and listeners. */
  ready?: (dialog: HTMLDialogElement) => void;
}

/** Shows the dialog; resolves with the key of the choice, or "" when it was closed by Escape or ×. */
export function ask(spec: Dialog): Promise<string> {
  return new Promise((settle) => {
    const dialog = h("dialog", {
      class: spec.wide ? "dialog dialog-wide" : "dialog",
      "aria-label": spec.title,
    });
    const close = (key: string) => {
      dialog.close(key);
    };
    const form = h("form", {
      method: "dialog",
      class: "stack-0",
      on: {
        submit: (event: SubmitEvent) => {
          event.preventDefault();
          close((event.submitter as HTMLButtonElement | null)?.value ?? mainKey(spec));
        },
      },
    });
    form.append(
      h("div", { class: "dialog-head" }, h("h2", {}, spec.title), closer(close)),
      h("div", { class: "dialog-body" }, ...spec.body),
      h(
        "div",
        { class: "dialog-foot" },
        ...spec.choices.map((choice) => choiceButton(choice, choice.key === mainKey(spec), close)),
      ),
    );
    fill(dialog, form);
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      settle(dialog.returnValue);
    });
    dialog.showModal();
    spec.ready?.(dialog);
  });
}

/** Asks once, in words; true when the person went on. */
export async function confirmed(
  title: string,
  sentence: string,
  go: string,
  tone: "main" | "danger" = "main",
  more: Child = null,
): Promise<boolean> {
  const answer = await ask({
    title,
    body: [h("p", {}, sentence), more],
    choices: [
      { key: "", label: t("cancel") },
      { key: "go", label: go, tone },
    ],
    ready: (dialog) => dialog.querySelector<HTMLButtonElement>("button[value=go]")?.focus(),
  });
  return answer === "go";
}

function closer(close: (key: string) => void): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "button button-quiet button-icon button-small",
      title: `${t("close")} (Esc)`,
      "aria-label": t("close"),
      on: { click: () => close("") },
    },
    icon("x"),
  );
}

/** Only the main choice submits, so that Enter in a field never means another one. */
function choiceButton(choice: Choice, main: boolean, close: (key: string) => void): HTMLElement {
  const on = main ? {} : { click: () => close(choice.key) };
  return h(
    "button",
    {
      type: main ? "submit" : "button",
      class: `button button-${choice.tone ?? "quiet"}`,
      value: choice.key,
      on,
    },
    choice.label,
  );
}

function mainKey(spec: Dialog): string {
  return (spec.choices.find((choice) => choice.tone === "main") ?? spec.choices.at(-1))?.key ?? "";
}
