/** The left side: thumbnails of the series, documents, and the patient's earlier studies. */
import { fill, h, icon } from "../dom/element";
import { dicomDate } from "../dom/time";
import { t } from "../i18n";
import type { Pixels } from "./api";
import type { Case, Prior, Series } from "./contract";
import { stateText } from "./words";

export interface RailHost {
  openSeries(series: Series): void;
  openPrior(prior: Prior): void;
}

export class Rail {
  readonly element = h("aside", { class: "rail", "aria-label": t("seriesAndPriors") });

  constructor(
    private readonly data: Case,
    private readonly pixels: Pixels,
    private readonly host: RailHost,
  ) {
    fill(
      this.element,
      h("h2", { class: "rail-head" }, t("series")),
      h("div", { class: "rail-list" }, ...data.series.map((series) => this.thumb(series))),
      h("h2", { class: "rail-head" }, t("priors")),
      this.priors(),
    );
  }

  /** Marks the series that is shown and the prior beside it. */
  mark(series: string, prior: string | number | null): void {
    for (const button of this.element.querySelectorAll<HTMLElement>("[data-series]"))
      button.setAttribute("aria-pressed", String(button.dataset["series"] === series));
    for (const button of this.element.querySelectorAll<HTMLElement>("[data-prior]"))
      button.setAttribute("aria-pressed", String(button.dataset["prior"] === String(prior ?? "")));
  }

  private thumb(series: Series): HTMLElement {
    const count = series.instances.length;
    const frames = series.instances.reduce((sum, one) => sum + Math.max(1, one.frames || 1), 0);
    const damaged = series.instances.filter((one) => one.damaged).length;
    const title = [series.number !== null ? `#${series.number}` : "", series.description || series.modality]
      .filter(Boolean)
      .join(" ");
    return h(
      "button",
      {
        class: "thumb",
        title,
        data: { series: series.seriesInstanceUID },
        "aria-pressed": "false",
        on: { click: () => this.host.openSeries(series) },
      },
      this.preview(series),
      h(
        "span",
        { class: "thumb-text" },
        h("span", { class: "thumb-title" }, title),
        h("span", { class: "num" }, frames > count ? t("frames", { n: frames }) : t("images", { n: count })),
      ),
      damaged > 0 && h("span", { class: "badge badge-bad" }, t("damagedCount", { n: damaged })),
    );
  }

  private preview(series: Series): HTMLElement {
    const pictures = series.instances.filter((one) => one.kind === "image" && !one.damaged);
    const middle = pictures[Math.floor(pictures.length / 2)];
    const place = h("span", { class: "thumb-picture" });
    if (!middle) {
      place.append(icon(series.instances.some((one) => one.kind === "ecg") ? "ecg" : "file", "icon-large"));
      return place;
    }
    const picture = h("img", {
      alt: "",
      loading: "lazy",
      decoding: "async",
      src: this.pixels.thumbnail(series.seriesInstanceUID, middle.sopInstanceUID),
    });
    picture.addEventListener("error", () => picture.replaceWith(icon("image", "icon-large")));
    place.append(picture);
    return place;
  }

  private priors(): HTMLElement {
    if (this.data.priors.length === 0) return h("p", { class: "rail-none muted small" }, t("noPriors"));
    return h("div", { class: "rail-list" }, ...this.data.priors.map((prior) => this.prior(prior)));
  }

  private prior(prior: Prior): HTMLElement {
    return h(
      "button",
      {
        class: "prior",
        data: { prior: String(prior.id) },
        "aria-pressed": "false",
        title: prior.impression || t("priorOpen"),
        on: { click: () => this.host.openPrior(prior) },
      },
      h("span", { class: "prior-head num" }, dicomDate(prior.date), h("span", {}, prior.modality)),
      h("span", { class: "clip" }, prior.description || stateText(prior.state)),
      prior.impression && h("span", { class: "prior-words" }, prior.impression),
    );
  }
}
