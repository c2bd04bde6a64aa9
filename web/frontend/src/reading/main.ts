/** The reading page's start: opens the case of the page, and the next ones without loading the page anew. */
import "../style/reading.css";
import "../style/viewport.css";
import "../style/ecg.css";
import "../style/ai.css";
import "../style/report.css";
import "../style/review.css";
import { must } from "../dom/element";
import type { Text } from "./contract";
import { Room } from "./room";

const root = must("#reading");
let room: Room | null = null;
let opening = 0;

/** Opens `caseUrl`, keeping `text` as the reader's words when it is the same case again. */
async function open(caseUrl: string, text: Text | null): Promise<void> {
  const mine = ++opening;
  room?.dispose();
  room = null;
  root.dataset["case"] = caseUrl;
  root.setAttribute("aria-busy", "true");
  const opened = await Room.open(root, caseUrl, go, (kept) => void open(caseUrl, kept));
  if (mine !== opening) return opened?.dispose();
  room = opened;
  if (text) opened?.keepText(text);
}

function go(studyUrl: string): void {
  const { pathname, search } = new URL(studyUrl, location.origin);
  if (!/^\/studies\/[^/]+$/.test(pathname)) return location.assign(pathname);
  history.pushState(null, "", pathname + search);
  void open(here(), null);
}

/** The case of the page's address, among those of its campaign if it names one. */
function here(): string {
  const campaign = new URLSearchParams(location.search).get("campaign");
  return `${location.pathname}/case.json${campaign ? `?${new URLSearchParams({ campaign })}` : ""}`;
}

window.addEventListener("popstate", () => void open(here(), null));
void open(root.dataset["case"] ?? here(), null);
