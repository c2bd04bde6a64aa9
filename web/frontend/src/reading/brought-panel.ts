/** What came from other systems beside the pictures: reports as text, chosen images, who drew. */
import { fill, h, icon } from "../dom/element";
import { dicomDate } from "../dom/time";
import { t } from "../i18n";
import type { Brought, BroughtDocument, Refers, Selection } from "./pictures/brought";

export class BroughtPanel {
  readonly element = h("section", { class: "brought", "aria-label": t("brought"), tabindex: "0" });

  /** `jump` leads to a chosen image. */
  constructor(private readonly jump: (image: Refers) => void) {
    this.element.hidden = true;
  }

  show(all: Brought): void {
    const { presentations, selections, documents, unreadable, more } = all;
    const empty = !presentations.length && !selections.length && !documents.length && !unreadable.length;
    this.element.hidden = empty;
    if (empty) return;
    fill(
      this.element,
      h("h2", { class: "pane-head" }, icon("download"), t("brought")),
      ...selections.map((one) => this.selection(one)),
      ...presentations.map((one) =>
        h(
          "p",
          { class: "brought-line" },
          icon("edit"),
          h(
            "span",
            {},
            [t("broughtState"), one.label, one.by, dicomDate(one.at.slice(0, 8))].filter(Boolean).join(" "),
          ),
          one.left_out > 0 &&
            h("span", { class: "badge badge-warn" }, t("broughtLeftOut", { n: one.left_out })),
        ),
      ),
      ...documents.map(report),
      unreadable.length > 0 &&
        h(
          "p",
          { class: "brought-line notice notice-warn" },
          t("broughtUnreadable", { n: unreadable.length }),
        ),
      more > 0 && h("p", { class: "brought-line muted" }, t("broughtMore", { n: more })),
    );
  }

  private selection(one: Selection): HTMLElement {
    return h(
      "p",
      { class: "brought-line" },
      icon("bookmark"),
      h("span", {}, [t("broughtKeys"), one.title, one.words, one.by].filter(Boolean).join(" ")),
      ...one.images.map((image, at) =>
        h(
          "button",
          {
            type: "button",
            class: "button button-small num",
            title: t("broughtJump"),
            on: { click: () => this.jump(image) },
          },
          String(at + 1),
        ),
      ),
    );
  }
}

function report(one: BroughtDocument): HTMLElement {
  const head = [one.title || t("broughtReport"), dicomDate(one.at.slice(0, 8)), one.flags];
  return h(
    "details",
    { class: "brought-report", open: true },
    h("summary", {}, icon("file"), head.filter(Boolean).join(" ")),
    ...one.lines.map((line) => {
      const row = h(
        "p",
        { class: "brought-item" },
        line.name && h("span", { class: "muted" }, line.name),
        line.value && h("span", {}, line.value),
      );
      row.style.setProperty("--depth", String(Math.min(line.depth, 6)));
      return row;
    }),
    one.cut && h("p", { class: "muted small" }, t("broughtCut")),
  );
}
