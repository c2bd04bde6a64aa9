/** The requests of one case. */
import { json, type Outcome } from "../net/http";
import type { Brought } from "./pictures/brought";
import type { Case, Claim, CriticalNotice, EcgEdit, Grade, Text } from "./contract";

export interface Saved {
  version: number;
  savedAt: string;
  shown: string;
}

/** What the signer said beside the text: the password, and that a guessed name is right. */
export interface Said {
  password?: string;
  confirmedName?: string;
  /** Why the report is signed against what a check found, by the check. */
  reasons?: Record<string, string>;
}

export interface Signed {
  version: number;
  next: string | null;
}

export interface EditSaved {
  edit: EcgEdit;
  suggestion: Case["suggestion"];
  shown: string;
}

/** Where to go from here. */
export interface Way {
  next: string | null;
}

export class Api {
  /** `studyUrl` is `/studies/<id>`; `among` is the query that says among which cases the next one is. */
  constructor(
    readonly studyUrl: string,
    private readonly among = "",
  ) {}

  static ofCase(caseUrl: string): Api {
    const [path = "", query] = caseUrl.split("?");
    return new Api(path.replace(/\/case\.json$/, ""), query ? `?${query}` : "");
  }

  readCase(signal?: AbortSignal): Promise<Outcome<Case>> {
    return json<Case>("GET", `${this.studyUrl}/case.json${this.among}`, undefined, signal);
  }

  /** The case as it is now, without opening it: what was put aside stays so. */
  lookAt(signal?: AbortSignal): Promise<Outcome<Case>> {
    return json<Case>("GET", `${this.studyUrl}/case.json?ahead=1`, undefined, signal);
  }

  saveDraft(text: Text, base: number): Promise<Outcome<Saved>> {
    return json<Saved>("PUT", `${this.studyUrl}/draft`, { ...text, base });
  }

  firstImpression(text: string): Promise<Outcome<unknown>> {
    return json("POST", `${this.studyUrl}/first-impression`, { text });
  }

  claim(takeOver: boolean): Promise<Outcome<{ claim: Claim | null }>> {
    return json("POST", `${this.studyUrl}/claim`, { takeOver });
  }

  giveBack(): Promise<Outcome<unknown>> {
    return json("DELETE", `${this.studyUrl}/claim`);
  }

  sign(shown: string, text: Text, said: Said): Promise<Outcome<Signed>> {
    return json<Signed>("POST", `${this.studyUrl}/sign${this.among}`, { shown, ...text, ...said });
  }

  /** Hands the report over for review. */
  write(shown: string, text: Text, said: Said): Promise<Outcome<Signed>> {
    return json<Signed>("POST", `${this.studyUrl}/write${this.among}`, { shown, ...text, ...said });
  }

  /** Tells the site of a critical value, before any report. */
  tellCritical(words: string): Promise<Outcome<CriticalNotice>> {
    return json<CriticalNotice>("POST", `${this.studyUrl}/critical`, { words });
  }

  giveBackReport(reason: string): Promise<Outcome<Way>> {
    return json<Way>("POST", `${this.studyUrl}/return${this.among}`, { reason });
  }

  grade(grade: string, reason: string): Promise<Outcome<{ imageQuality: Grade }>> {
    return json("POST", `${this.studyUrl}/image-quality`, { grade, reason });
  }

  aside(): Promise<Outcome<Way>> {
    return json<Way>("POST", `${this.studyUrl}/aside${this.among}`, {});
  }

  /** What other systems sent beside the pictures. */
  brought(): Promise<Outcome<Brought>> {
    return json<Brought>("GET", `${this.studyUrl}/beside.json`);
  }

  saveEcgEdit(instance: string, base: number, edit: object): Promise<Outcome<EditSaved>> {
    return json<EditSaved>("PUT", `${this.studyUrl}/ecg-edit`, { instance, base, ...edit });
  }

  openAddendum(): Promise<Outcome<unknown>> {
    return json("POST", `${this.studyUrl}/addendum`, {});
  }

  originalUrl(instance: string): string {
    return `${this.studyUrl}/original?${new URLSearchParams({ instance })}`;
  }

  ecgUrl(instance: string, look: { layout: string; speed: number; gain: number }): string {
    const query = new URLSearchParams({
      instance,
      layout: look.layout,
      speed: String(look.speed),
      gain: String(look.gain),
    });
    return `${this.studyUrl}/ecg.svg?${query}`;
  }

  /** The typical beat of a recording. */
  beatUrl(instance: string, speed: number, gain: number): string {
    const query = new URLSearchParams({ instance, speed: String(speed), gain: String(gain) });
    return `${this.studyUrl}/beat.svg?${query}`;
  }
}

/** The longest side of the picture that is drawn on arrival (`dicom/rendered.py`). */
const SCREEN_SIDE = 1280;

/** WADO-RS addresses of one study. */
export class Pixels {
  constructor(private readonly studyUid: string) {}

  seriesMetadata(series: string): string {
    return `/dicom-web/studies/${this.studyUid}/series/${series}/metadata`;
  }

  instance(series: string, instance: string): string {
    return `/dicom-web/studies/${this.studyUid}/series/${series}/instances/${instance}`;
  }

  frame(series: string, instance: string, frame: number): string {
    return `${this.instance(series, instance)}/frames/${frame}`;
  }

  /** A JPEG of one frame, windowed by the server. */
  rendered(series: string, instance: string, frame = 1): string {
    return frame > 1
      ? `${this.frame(series, instance, frame)}/rendered`
      : `${this.instance(series, instance)}/rendered`;
  }

  /** The picture for a screen that the hub drew when the film came. */
  screen(series: string, instance: string): string {
    return `${this.rendered(series, instance)}?viewport=${SCREEN_SIDE},${SCREEN_SIDE}`;
  }

  thumbnail(series: string, instance: string): string {
    return `${this.instance(series, instance)}/thumbnail`;
  }
}
