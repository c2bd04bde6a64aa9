/** What `case.json` says, word for word; every instant is UTC. */

export interface Case {
  study: Study;
  patient: Patient;
  arriving: { received: number; expected: number | null } | null;
  series: Series[];
  preReads: PreRead[];
  priors: Prior[];
  draft: Draft;
  suggestion: (Words & { source: string }) | null;
  template: Words;
  claim: Claim | null;
  reports: Report[];
  signing: { openUntil: string | null; everySignature: boolean };
  shown: string;
  rights: { write: boolean; sign: boolean; why: string };
  next: string | null;
  user: { name: string };
}

export interface Study {
  id: number | string;
  state: string;
  studyInstanceUID: string;
  description: string;
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
}

export interface Prior {
  id: number | string;
  date: string;
  modality: string;
  description: string;
  state: string;
  impression: string;
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
