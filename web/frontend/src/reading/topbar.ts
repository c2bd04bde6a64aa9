/** The bar over the case: whose study this is, its state, who holds it, and the way on. */
import { showKeys } from "../base/key-help";
import { fill, h, icon } from "../dom/element";
import { dicomDate } from "../dom/time";
import { t } from "../i18n";
import type { Case } from "./contract";
import { priorityClass, priorityText, sexText, stateText } from "./words";

export interface BarHost {
  next(): void;
  lock(): void;
  takeOver(): void;
  giveBack(): void;
  critical(): void;
}

export class TopBar {
  readonly element = h("header", { class: "case-bar" });
  private readonly claimPlace = h("span", { class: "case-claim" });

  constructor(
    private readonly worklistUrl: string,
    private readonly host: BarHost,
  ) {}

  show(data: Case): void {
    const { patient, study } = data;
    fill(
      this.element,
      h(
        "a",
        {
          class: "button button-quiet button-icon",
          href: this.worklistUrl,
          title: t("backToList"),
          "aria-label": t("backToList"),
        },
        icon("back"),
      ),
      h(
        "h1",
        { class: "case-name" },
        h(
          "span",
          patient.guessed ? { class: "guessed", title: t("nameGuessed") } : {},
          patient.name || t("noName"),
        ),
      ),
      h(
        "span",
        { class: "case-who num" },
        [sexText(patient.sex), patient.age, dicomDate(patient.birthDate)].filter(Boolean).join("  "),
      ),
      h("span", { class: "case-id num", title: t("patientId") }, patient.patientID || "—"),
      h("span", { class: "case-what clip", title: what(data) }, what(data)),
      h("span", { class: `prio ${priorityClass(study.priority)}` }, priorityText(study.priority)),
      h("span", { class: `badge badge-${study.state}` }, stateText(study.state)),
      this.claimPlace,
      h(
        "span",
        { class: "case-end" },
        this.critical(),
        this.rejection(study.id),
        this.nextButton(data),
        this.lockButton(),
        this.keysButton(),
      ),
    );
    this.showClaim(data.claim);
  }

  showClaim(claim: Case["claim"]): void {
    if (!claim) return fill(this.claimPlace);
    if (claim.mine) {
      return fill(
        this.claimPlace,
        h(
          "button",
          {
            class: "button button-quiet button-small",
            title: t("giveBackHelp"),
            on: { click: () => this.host.giveBack() },
          },
          h("span", { class: "claim claim-mine" }, t("claimMine")),
        ),
      );
    }
    fill(
      this.claimPlace,
      h("span", { class: "claim", title: claim.since }, t("claimBy", { who: claim.by })),
      h("button", { class: "button button-small", on: { click: () => this.host.takeOver() } }, t("takeOver")),
    );
  }

  private critical(): HTMLElement {
    return h(
      "button",
      {
        class: "button button-quiet button-small",
        title: `${t("criticalHelp")} (!)`,
        on: { click: () => this.host.critical() },
      },
      icon("siren"),
      t("criticalTitle"),
    );
  }

  private rejection(study: Case["study"]["id"]): HTMLElement {
    return h(
      "a",
      {
        class: "button button-quiet button-icon",
        href: `/studies/${study}/rejection`,
        title: t("rejectOrCorrect"),
        "aria-label": t("rejectOrCorrect"),
      },
      icon("alert"),
    );
  }

  private nextButton(data: Case): HTMLElement {
    return h(
      "button",
      {
        class: "button button-quiet button-small",
        title: data.next ? `${t("nextCase")} (N)` : t("noNext"),
        "aria-disabled": data.next ? null : "true",
        on: { click: () => this.host.next() },
      },
      icon("next"),
      t("nextCase"),
    );
  }

  private lockButton(): HTMLElement {
    return h(
      "button",
      {
        class: "button button-quiet button-icon button-small",
        title: t("lockHelp"),
        "aria-label": t("lockHelp"),
        on: { click: () => this.host.lock() },
      },
      icon("lock"),
    );
  }

  private keysButton(): HTMLElement {
    return h(
      "button",
      {
        class: "button button-quiet button-icon button-small",
        title: `${t("keysTitle")} (?)`,
        "aria-label": t("keysTitle"),
        on: { click: () => void showKeys() },
      },
      icon("help"),
    );
  }
}

function what({ study }: Case): string {
  const place = study.siteLabel || study.site;
  return [
    place,
    dicomDate(study.date),
    study.modality,
    study.bodyPart,
    study.description,
    study.accession && `${t("accession")} ${study.accession}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
