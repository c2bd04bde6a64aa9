/** Keeps a case's marks with the study: draws those that are there, saves what changes, never in another's place. */
import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { toast } from "../../dom/toast";
import { t } from "../../i18n";
import { json } from "../../net/http";
import type { Case, Marking } from "../contract";
import { planeOf, spacingOf } from "./header";
import { headerOf, type Slice } from "./image-store";
import { type Drawing, drawingOf, type Mark, markOf } from "./marks-json";
import { valueUnit } from "./mark-text";

const SAVE_AFTER_MS = 1200;
const { ChangeTypes, Events } = tools.Enums;
const CHANGES = [Events.ANNOTATION_COMPLETED, Events.ANNOTATION_MODIFIED, Events.ANNOTATION_REMOVED] as const;

interface Change {
  annotation?: Drawing;
  changeType?: tools.Enums.ChangeTypes;
}

export interface MarksHost {
  /** Something that the corner texts show has changed. */
  changed(): void;
  expired(): void;
}

export class Marks {
  private readonly drawn = new Map<string, Slice>();
  /** The marks that were drawn or changed on this page; the others are kept as they were. */
  private readonly touched = new Set<string>();
  /** Those of them that were not measured since. */
  private readonly unmeasured = new Set<string>();
  private marking: Marking;
  private timer = 0;
  private saving: Promise<void> = Promise.resolve();
  private quiet = false;

  constructor(
    private readonly data: Case,
    private readonly host: MarksHost,
  ) {
    this.marking = data.marking ?? { version: 0, marks: [], keyImages: [], by: null, at: null };
    if (!this.mayWrite) return;
    for (const name of CHANGES) core.eventTarget.addEventListener(name, this.onChange as EventListener);
    document.addEventListener("visibilitychange", this.onLeaving);
  }

  /** Draws the kept marks on slices that were opened; each slice is asked about once. */
  opened(slices: readonly Slice[], marking: Marking | undefined, locked: boolean): void {
    this.quiet = true;
    for (const slice of slices) {
      if (this.drawn.has(slice.imageId)) continue;
      this.drawn.set(slice.imageId, slice);
      for (const mark of marking?.marks ?? [])
        if (mark.instance === slice.instance.sopInstanceUID && mark.frame === slice.frame)
          this.draw(mark, slice, locked);
    }
    this.quiet = false;
  }

  isKey(slice: Slice | undefined): boolean {
    return slice !== undefined && this.marking.keyImages.some((one) => same(one, slice));
  }

  /** Makes the slice a key image, or no longer one. */
  toggleKey(slice: Slice): void {
    if (!this.mayWrite) return toast(t("marksNotKept"), "warn");
    const keys = this.marking.keyImages;
    const was = keys.some((one) => same(one, slice));
    this.marking = {
      ...this.marking,
      keyImages: was
        ? keys.filter((one) => !same(one, slice))
        : [...keys, { instance: slice.instance.sopInstanceUID, frame: slice.frame }],
    };
    toast(t(was ? "keyImageOff" : "keyImageOn"));
    this.host.changed();
    this.soon();
  }

  /** Saves what is not saved yet and lets go of the events. */
  dispose(): void {
    for (const name of CHANGES) core.eventTarget.removeEventListener(name, this.onChange as EventListener);
    document.removeEventListener("visibilitychange", this.onLeaving);
    if (this.timer) this.flush();
  }

  private get mayWrite(): boolean {
    return this.data.rights.write || this.data.rights.sign;
  }

  private readonly onChange = (event: CustomEvent<Change>): void => {
    const { annotation, changeType } = event.detail;
    const id = annotation?.metadata.referencedImageId;
    if (!this.quiet && annotation && id && this.ownSlice(id) && this.isByHand(annotation, changeType))
      this.soon();
  };

  /** A mark that is only shown is measured by every page anew; only after a hand's change is that news. */
  private isByHand(drawing: Drawing, changeType: Change["changeType"]): boolean {
    const uid = drawing.annotationUID ?? "";
    if (changeType === ChangeTypes.StatsUpdated) return this.unmeasured.delete(uid);
    this.touched.add(uid);
    this.unmeasured.add(uid);
    return true;
  }

  /** A page that is closed or left soon after the last stroke still saves it. */
  private readonly onLeaving = (): void => {
    if (document.hidden && this.timer) this.flush();
  };

  private soon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.flush(), SAVE_AFTER_MS);
  }

  private flush(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    const marks = this.collect();
    this.saving = this.saving.then(() => this.save(marks));
  }

  private async save(marks: Mark[], again = true): Promise<void> {
    const { version: base, keyImages } = this.marking;
    const url = `/studies/${this.data.study.id}/marks`;
    const answer = await json<Marking>("PUT", url, { base, marks, keyImages });
    if (answer.kind === "ok") {
      this.marking = { ...answer.body, keyImages: this.marking.keyImages };
      document.dispatchEvent(new CustomEvent("marks-saved"));
    } else if (answer.kind === "refused" && answer.body.error === "marks-changed" && again)
      return this.join(answer.body["marking"] as Marking, marks);
    else if (answer.kind === "expired") this.host.expired();
    else
      toast(
        answer.kind === "offline" ? t("marksOffline") : (answer.body.message ?? t("marksNotKept")),
        "bad",
      );
  }

  /** Somebody else saved meanwhile: both stand, and of one mark what a hand did here; else what theirs did. */
  private join(theirs: Marking, mine: Mark[]): Promise<void> {
    const before = new Set(this.marking.marks.map((one) => one.uid));
    const own = mine.filter((one) => !before.has(one.uid) || this.touched.has(one.uid));
    const here = new Set(mine.map((one) => one.uid));
    const decided = new Set(own.map((one) => one.uid));
    for (const uid of before) if (!here.has(uid)) decided.add(uid); // taken away here
    const fresh = theirs.marks.filter((one) => !decided.has(one.uid));
    this.quiet = true;
    for (const one of mine) if (!decided.has(one.uid)) tools.annotation.state.removeAnnotation(one.uid);
    for (const mark of fresh)
      for (const slice of this.drawn.values()) if (same(mark, slice)) this.draw(mark, slice, false);
    this.quiet = false;
    for (const one of core.getEnabledElements()) one.viewport.render();
    const keys = [...this.marking.keyImages];
    for (const key of theirs.keyImages)
      if (!keys.some((one) => one.instance === key.instance && one.frame === key.frame)) keys.push(key);
    this.marking = { ...theirs, keyImages: keys };
    return this.save([...own, ...fresh], false);
  }

  /** Every mark on this case: those drawn now, and those kept on slices that were never opened here. */
  private collect(): Mark[] {
    const here = (tools.annotation.state.getAllAnnotations() as Drawing[]).flatMap(
      (one) => this.toMark(one) ?? [],
    );
    const opened = new Set(
      [...this.drawn.values()].map((slice) => `${slice.instance.sopInstanceUID}/${slice.frame}`),
    );
    const elsewhere = this.marking.marks.filter((one) => !opened.has(`${one.instance}/${one.frame}`));
    return [...here, ...elsewhere];
  }

  private toMark(drawing: Drawing): Mark | null {
    const imageId = drawing.metadata.referencedImageId ?? "";
    const slice = this.ownSlice(imageId);
    if (!slice) return null;
    const uid = drawing.annotationUID ?? "";
    const kept = this.touched.has(uid) ? undefined : this.marking.marks.find((one) => one.uid === uid);
    if (kept) return kept;
    return markOf(drawing, planeOf(slice.json), {
      instance: slice.instance.sopInstanceUID,
      frame: slice.frame,
      unit: spacingOf(slice.json).unit,
      valueUnit: valueUnit(headerOf(imageId)),
    });
  }

  private ownSlice(imageId: string): Slice | null {
    const slice = this.drawn.get(imageId);
    const uid = slice?.instance.sopInstanceUID;
    const own = this.data.series.some((one) =>
      one.instances.some((instance) => instance.sopInstanceUID === uid),
    );
    return slice && own ? slice : null;
  }

  private draw(mark: Mark, slice: Slice, locked: boolean): void {
    const plane = planeOf(slice.json);
    const where = core.metaData.get(core.Enums.MetadataModules.IMAGE_PLANE, slice.imageId) as {
      frameOfReferenceUID?: string;
    };
    const frame = where?.frameOfReferenceUID ?? slice.imageId;
    const made = drawingOf(mark, slice.imageId, frame, plane, locked);
    tools.annotation.state.addAnnotation(made as never, frame);
  }
}

function same(one: { instance: string; frame: number }, slice: Slice): boolean {
  return one.instance === slice.instance.sopInstanceUID && one.frame === slice.frame;
}
