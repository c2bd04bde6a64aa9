/** The requests of one case. */
import { json, type Outcome } from "../net/http";
import type { Case, Claim, Text } from "./contract";

export interface Saved {
  version: number;
  savedAt: string;
  shown: string;
}

export interface Signed {
  version: number;
  next: string | null;
}

export class Api {
  /** `studyUrl` is `/studies/<id>`. */
  constructor(readonly studyUrl: string) {}

  static ofCase(caseUrl: string): Api {
    return new Api(caseUrl.replace(/\/case\.json$/, ""));
  }

  readCase(signal?: AbortSignal): Promise<Outcome<Case>> {
    return json<Case>("GET", `${this.studyUrl}/case.json`, undefined, signal);
  }

  saveDraft(text: Text, base: number): Promise<Outcome<Saved>> {
    return json<Saved>("PUT", `${this.studyUrl}/draft`, { ...text, base });
  }

  claim(takeOver: boolean): Promise<Outcome<{ claim: Claim | null }>> {
    return json("POST", `${this.studyUrl}/claim`, { takeOver });
  }

  giveBack(): Promise<Outcome<unknown>> {
    return json("DELETE", `${this.studyUrl}/claim`);
  }

  sign(shown: string, text: Text, password?: string): Promise<Outcome<Signed>> {
    return json<Signed>(
      "POST",
      `${this.studyUrl}/sign`,
      password === undefined ? { shown, ...text } : { shown, ...text, password },
    );
  }

  openAddendum(): Promise<Outcome<unknown>> {
    return json("POST", `${this.studyUrl}/addendum`, {});
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
}

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

  thumbnail(series: string, instance: string): string {
    return `${this.instance(series, instance)}/thumbnail`;
  }
}
