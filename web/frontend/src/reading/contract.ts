import type { Mark } from "./pictures/marks-json";

/** What `case.json` says, word for word; every instant is UTC. */

export interface Case {
  study: Study;
  patient: Patient;
  arriving: { received: number; expected: number | null } | null;
  series: Series[];
  preReads: PreRead[];
  /** The site reads first: what the models said comes after a first impression. */
  aiHidden?: boolean;
  priors: Prior[];
  draft: Draft;
  suggestion: (Words & { source: string }) | null;
  template: Words;
  /** What fits the examination, best first, and phrases. */
  templates: Template[];
  claim: Claim | null;
  reports: Report[];
  signing: { openUntil: string | null; everySignature: boolean };
  shown: string;
  rights: { write: boolean; sign: boolean; handOver: boolean; why: string };
  next: string | null;
  user: { name: string; username: string };
  imageQuality: Grade | null;
  /** Addresses of the studies that this person put aside, the last first. */
  aside: string[];
  review: Review;
  /** What doctors set on ECGs beside the machine's values. */
  ecgEdits?: EcgEdit[];
  /** What the site was told of critical values, oldest first. */
  critical?: CriticalNotice[];
  /** What readers drew on the pictures and which they chose. */
  marking?: Marking;
}

export interface Grade {
  grade: "A" | "B" | "C" | "D";
  reason: string;
  by: string;
}

export interface Template extends Words {
  kind: "normal" | "finding" | "phrase";
  title: string;
  shortcut: string;
}

/** The two levels: what waits, what came back, what changed. */
export interface Review {
  waiting: { by: string; mine: boolean; at: string; reasons: { title: string; reason: string }[] } | null;
  returned: { by: string; at: string; reason: string } | null;
  mustHandOver: boolean;
  whyHandOver: string;
  changes: Change[];
}

export interface Change {
  from: string;
  to: string;
  parts: Partial<Record<keyof Text, ["same" | "gone" | "new", string][]>>;
}

export interface EcgEdit {
  instance: string;
  version: number;
  /** Places on the typical beat in ms from its start, all of them, once one was moved. */
  marks: Record<string, number>;
  moved: string[];
  typed: Record<string, number>;
  /** The values that count instead: typed, read off the marks, and what follows from both. */
  values: Record<string, number>;
  machine: Record<string, number | null>;
  by: string;
  at: string;
}

export interface CriticalNotice {
  words: string;
  by: string;
  at: string;
  /** Who at the site said that they know. */
  knownBy: string | null;
  knownAt: string | null;
}

export interface Marking {
  version: number;
  marks: Mark[];
  keyImages: { instance: string; frame: number }[];
  by: string | null;
  at: string | null;
}

export interface Study {
  id: number | string;
  state: string;
  studyInstanceUID: string;
  description: string;
  /** What the sender says of the patient's history; empty when nothing. */
  history: string;
  modality: string;
  bodyPart: string;
  date: string;
  accession: string;
  priority: string;
  receivedAt: string;
  site: string;
  siteLabel: string;
  note: string;
}

export interface Patient {
  name: string;
  guessed: boolean;
  patientID: string;
  sex: string;
  birthDate: string;
  age: string;
}

export type InstanceKind = "image" | "ecg" | "document" | "other";

export interface Instance {
  sopInstanceUID: string;
  sopClassUID: string;
  number: number | null;
  rows: number | null;
  columns: number | null;
  frames: number;
  kind: InstanceKind;
  damaged: boolean;
  /** ViewPosition, such as PA or LL. */
  view?: string;
  /** True where the ECG came as a file that can be had back. */
  original?: boolean;
}

export interface Series {
  seriesInstanceUID: string;
  number: number | null;
  description: string;
  modality: string;
  instances: Instance[];
}

export interface AiBox {
  xyxy: [number, number, number, number];
  probability: number;
}

export interface Finding {
  code: string;
  label_zh: string;
  label_en: string;
  probability: number;
  threshold: number;
  positive: boolean;
  boxes: AiBox[];
  leads: string[];
  interval_ms: [number, number] | null;
}

export interface Measurement {
  name: string;
  value: number | null;
  unit: string;
  method: string;
  reason: string;
  /** The reason as a sentence, where the hub has one. */
  reasonText?: string;
}

/** A rule of a rule pack that a measured value met: a person decides. */
export interface Alert {
  code: string;
  text_zh: string;
  text_en: string;
  pack: string;
  leads: string[];
}

/** What stands beside an assessment: that the age is not known, or what is technically wrong with an ECG. */
export interface Remark {
  code: string;
  label_zh: string;
  label_en: string;
  leads: string[];
  grave: boolean;
}

/** One sentence that stands after contradictions were resolved. */
export interface Statement {
  code: string;
  group: string;
  text_zh: string;
  text_en: string;
  probability: number;
}

export interface PreRead {
  instance: string;
  model: string;
  version: string;
  assessed: boolean;
  reason: string;
  reasonText: string;
  findings: Finding[];
  measurements: Measurement[];
  late: boolean;
  at: string;
  alerts?: Alert[];
  remarks?: Remark[];
  statements?: Statement[];
  unchecked?: { rule: string; reason: string }[];
}

/** What is technically wrong with a recording; that an age is not known is no fault of one. */
export function faults(preRead: Pick<PreRead, "remarks">): Remark[] {
  return (preRead.remarks ?? []).filter((remark) => remark.code !== "age-unknown");
}

export interface Prior {
  id: number | string;
  date: string;
  modality: string;
  description: string;
  state: string;
  impression: string;
  findings?: string;
}

export interface Words {
  findings: string;
  impression: string;
  advice: string;
}

export interface Text extends Words {
  addendum: string;
}

export interface Draft extends Text {
  version: number;
  savedAt: string | null;
  by: string | null;
}

export interface Claim {
  by: string;
  mine: boolean;
  since: string;
}

export interface Report extends Text {
  version: number;
  kind: "report" | "addendum";
  signer: string;
  signedAt: string;
  digest: string;
  pdf: string;
}
