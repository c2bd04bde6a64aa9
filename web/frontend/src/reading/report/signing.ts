/** One signature: everything saved, then sent with what was shown; every refusal is said in words. */
import { toast } from "../../dom/toast";
import { t } from "../../i18n";
import type { Api, Signed } from "../api";
import type { Case, Text } from "../contract";
import type { Outcome } from "../../net/http";
import { changeText } from "../words";
import type { DraftSaver } from "./draft-saver";
import { askPassword, askReload } from "./questions";

export type SignResult =
  { kind: "signed"; next: string | null } | { kind: "reload" } | { kind: "expired" } | { kind: "stopped" };

/** Signs `text`; asks for the password at most until it is right or given up. */
export async function sign(data: Case, api: Api, saver: DraftSaver, text: () => Text): Promise<SignResult> {
  if (!(await saver.flush())) {
    toast(t("signUnsaved"), "warn");
    return { kind: "stopped" };
  }
  const must = data.signing.everySignature || !isOpen(data.signing.openUntil);
  let password: string | undefined;
  if (must) {
    const given = await askPassword(data.patient.name, "");
    if (given === null) return { kind: "stopped" };
    password = given;
  }
  for (;;) {
    const answer = await api.sign(saver.state.shown, text(), password);
    if (answer.kind !== "refused" || answer.status !== 401) return settled(answer);
    const given = await askPassword(
      data.patient.name,
      password === undefined ? "" : (answer.body.message ?? t("passwordWrong")),
    );
    if (given === null) return { kind: "stopped" };
    password = given;
  }
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
