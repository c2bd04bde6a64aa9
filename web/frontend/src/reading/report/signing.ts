/** One signature: everything saved, then sent with what was shown; every refusal is said in words. */
import { toast } from "../../dom/toast";
import { t } from "../../i18n";
import type { Api, Said, Signed } from "../api";
import type { Case, Text } from "../contract";
import type { Outcome, Refusal } from "../../net/http";
import { changeText } from "../words";
import { askReasons, concernsOf } from "./concerns";
import type { DraftSaver } from "./draft-saver";
import { askName, askPassword, askReload } from "./questions";
import { handsOver } from "./review";
import { acceptable } from "./suggestion";

export type SignResult =
  { kind: "signed"; next: string | null } | { kind: "reload" } | { kind: "expired" } | { kind: "stopped" };

/** Signs `text`; asks for the password at most until it is right or given up. */
export async function sign(data: Case, api: Api, saver: DraftSaver, text: () => Text): Promise<SignResult> {
  if (!(await saver.flush())) {
    toast(t("signUnsaved"), "warn");
    return { kind: "stopped" };
  }
  const over = handsOver(data);
  const must = !over && (data.signing.everySignature || !isOpen(data.signing.openUntil));
  const said: Said = seen(data, text());
  if (must && !(await withPassword(said, data, ""))) return { kind: "stopped" };
  for (;;) {
    const shown = saver.state.shown;
    const answer = await (over ? api.write(shown, text(), said) : api.sign(shown, text(), said));
    if (answer.kind !== "refused") return settled(answer);
    if (answer.status === 401) {
      const wrong = said.password === undefined ? "" : (answer.body.message ?? t("passwordWrong"));
      if (!(await withPassword(said, data, wrong))) return { kind: "stopped" };
    } else if (answer.body.error === "name-guessed") {
      if (!(await withName(said, answer.body))) return { kind: "stopped" };
    } else if (answer.body.error === "concerns") {
      if (!(await withReasons(said, data, answer.body))) return { kind: "stopped" };
    } else return settled(answer);
  }
}

/** What stood in the empty fields and was accepted as it stood has been read: that is what accepting it says. */
function seen(data: Case, text: Text): Said {
  const offered = acceptable(data);
  const as = offered && text.findings === offered.findings && text.impression === offered.impression;
  return as ? { reasons: { untouched: t("acceptedAsShown") } } : {};
}

async function withReasons(said: Said, data: Case, asked: Refusal): Promise<boolean> {
  const reasons = await askReasons(data.patient.name, concernsOf(asked));
  if (reasons) said.reasons = { ...said.reasons, ...reasons };
  return reasons !== null;
}

async function withPassword(said: Said, data: Case, wrong: string): Promise<boolean> {
  const given = await askPassword(data.patient.name, wrong);
  if (given !== null) said.password = given;
  return given !== null;
}

/** A guessed name goes under a signature only when its reader says that it is right. */
async function withName(said: Said, asked: Refusal): Promise<boolean> {
  const name = String(asked["name"] ?? "");
  if (!(await askName(name, asked.message ?? ""))) return false;
  said.confirmedName = name;
  return true;
}

function isOpen(until: string | null): boolean {
  return until !== null && new Date(until).getTime() > Date.now();
}

async function settled(answer: Outcome<Signed>): Promise<SignResult> {
  if (answer.kind === "ok") return { kind: "signed", next: answer.body.next };
  if (answer.kind === "expired") return { kind: "expired" };
  if (answer.kind === "offline") {
    toast(t("signOffline"), "bad");
    return { kind: "stopped" };
  }
  if (answer.status === 409) {
    const listed = Array.isArray(answer.body["differences"])
      ? (answer.body["differences"] as unknown[]).map((one) => changeText(String(one)))
      : [];
    return (await askReload(listed, answer.body.message ?? "")) ? { kind: "reload" } : { kind: "stopped" };
  }
  toast(answer.body.message ?? t("signRefused"), "bad");
  return { kind: "stopped" };
}
