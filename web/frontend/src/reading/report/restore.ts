/** Words that were typed on this machine and never reached the server come back, or are asked about. */
import type { Case, Text } from "../contract";
import { sameText } from "./draft-state";
import { askRestore } from "./questions";
import type { SafetyNet } from "./safety-net";

/** The words to put back into the fields that now say `shown`; null where there is nothing to put back. */
export async function wordsToRestore(net: SafetyNet, data: Case, shown: Text): Promise<Text | null> {
  const kept = net.kept();
  if (!kept || !data.rights.write) return null;
  const same = sameText(kept.text, shown);
  const simple = kept.base === data.draft.version;
  if (!same && (simple || (await askRestore(kept.text, data.draft, kept.at)))) return kept.text;
  net.forget();
  return null;
}
