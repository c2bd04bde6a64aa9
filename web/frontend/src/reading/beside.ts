/** What a reader does beside the report by one key: grades the pictures, puts the study aside, takes it up again. */
import { ask } from "../dom/dialog";
import { fill, h } from "../dom/element";
import { toast } from "../dom/toast";
import { t } from "../i18n";
import type { Outcome } from "../net/http";
import type { Api, Way } from "./api";
import type { Case } from "./contract";
import type { Act } from "./keys";
import { askReturn } from "./report/review";

export interface BesideHost {
  /** Everything typed is on the server; false when it cannot be now. */
  saved(): Promise<boolean>;
  go(url: string): void;
  /** There is no next one. */
  done(): void;
}

const GRADES = ["A", "B", "C", "D"] as const;
const NAMES = { A: "gradeA", B: "gradeB", C: "gradeC", D: "gradeD" } as const;

export class Beside {
  readonly element = h("div", { class: "beside" });

  constructor(
    private readonly data: Case,
    private readonly api: Api,
    private readonly host: BesideHost,
  ) {
    this.show();
  }

  /** Does what a key says; false when it means nothing here. */
  act(act: Act): boolean {
    const grade = GRADES.find((one) => act === `grade${one}`);
    if (grade) void this.grade(grade);
    else if (act === "aside") void this.aside();
    else if (act === "takeUp") this.takeUp();
    else if (act === "giveBack") void this.giveBack();
    else return false;
    return true;
  }

  private show(): void {
    const kept = this.data.imageQuality;
    fill(
      this.element,
      h("span", { class: "muted small", title: t("imageQuality") }, t("quality")),
      ...GRADES.map((one, at) =>
        h(
          "button",
          {
            type: "button",
            class: "button button-small grade",
            title: kept?.grade === one && kept.reason ? kept.reason : `${t(NAMES[one])} (${at + 1})`,
            "aria-pressed": String(kept?.grade === one),
            on: { click: () => void this.grade(one) },
          },
          t(NAMES[one]),
          h("kbd", {}, String(at + 1)),
        ),
      ),
      kept?.reason && h("span", { class: "beside-reason small clip", title: kept.reason }, kept.reason),
      h("span", { class: "beside-end" }, this.asideButton(), this.takeUpButton(), this.giveBackButton()),
    );
  }

  private asideButton(): HTMLElement | null {
    if (!this.data.rights.write) return null;
    return small(t("aside"), "X", t("asideHelp"), () => void this.aside());
  }

  private takeUpButton(): HTMLElement | null {
    const waiting = this.data.aside.length;
    return waiting ? small(t("takeUp", { n: waiting }), "U", t("takeUpHelp"), () => this.takeUp()) : null;
  }

  private giveBackButton(): HTMLElement | null {
    const { waiting } = this.data.review;
    if (!waiting || waiting.mine || !this.data.rights.sign) return null;
    return small(t("giveBackReport"), "Q", t("giveBackAsk", { who: waiting.by }), () => void this.giveBack());
  }

  private async grade(grade: (typeof GRADES)[number]): Promise<void> {
    const reason = grade === "A" ? "" : await askWhy(t(NAMES[grade]));
    if (reason === null) return;
    const answer = await this.api.grade(grade, reason);
    if (answer.kind !== "ok") return told(answer);
    this.data.imageQuality = answer.body.imageQuality;
    this.show();
    toast(`${t("imageQuality")} ${t(NAMES[grade])}`, "ok");
  }

  private async aside(): Promise<void> {
    if (!this.data.rights.write) return toast(this.data.rights.why, "warn");
    if (!(await this.host.saved())) return toast(t("leaveUnsaved"), "warn");
    this.leave(await this.api.aside(), t("asideDone", { name: this.data.patient.name }));
  }

  private takeUp(): void {
    const [url] = this.data.aside;
    if (!url) return toast(t("asideNone"));
    void this.host.saved().then((saved) => (saved ? this.host.go(url) : toast(t("leaveUnsaved"), "warn")));
  }

  private async giveBack(): Promise<void> {
    const { waiting } = this.data.review;
    if (!waiting || waiting.mine || !this.data.rights.sign) return toast(t("nothingWaits"));
    const reason = await askReturn(this.data.patient.name, waiting.by);
    if (reason === null) return;
    if (!(await this.host.saved())) return toast(t("leaveUnsaved"), "warn");
    this.leave(await this.api.giveBackReport(reason), t("gaveBack", { who: waiting.by }));
  }

  private leave(answer: Outcome<Way>, sentence: string): void {
    if (answer.kind !== "ok") return told(answer);
    toast(sentence, "ok");
    if (answer.body.next) this.host.go(answer.body.next);
    else this.host.done();
  }
}

function told(answer: Outcome<unknown>): void {
  toast(answer.kind === "refused" ? (answer.body.message ?? t("signRefused")) : t("lineDown"), "bad");
}

function small(label: string, key: string, help: string, act: () => void): HTMLElement {
  const look = { type: "button", class: "button button-quiet button-small", title: `${help} (${key})` };
  return h("button", { ...look, on: { click: act } }, label, h("kbd", {}, key));
}

async function askWhy(grade: string): Promise<string | null> {
  const field = h("input", {
    maxlength: "200",
    required: true,
    autocomplete: "off",
    "aria-label": t("reason"),
  });
  const answer = await ask({
    title: `${t("imageQuality")} ${grade}`,
    body: [h("label", { class: "field" }, h("span", { class: "field-label" }, t("gradeWhy")), field)],
    choices: [
      { key: "", label: t("cancel") },
      { key: "keep", label: t("confirm"), tone: "main" },
    ],
    ready: () => field.focus(),
  });
  return answer === "keep" && field.value.trim() ? field.value.trim() : null;
}
