/** Hears which studies changed, by server-sent events or, while those fail, by asking again and again. */

export interface Listener {
  /** These studies changed; an empty list means that anything may have. */
  changed(ids: string[]): void;
  /** These studies changed, and this is how they stand now; without it `changed` is told of them. */
  told?(ids: string[], rows: string): void;
  /** The line to the server is up or down. */
  line(up: boolean): void;
}

export const GATHER_MS = 150;
/** So many are told at once: a study that arrives, settles and is read changes this often within a moment. */
export const AT_ONCE = 4;
const POLL_MS = 10_000;
const RETRY_MS = 5_000;

/** Tells the first few at once and gathers what follows closely, so that a burst is few questions. */
export class Gatherer {
  private ids = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When the line would be free if everything told so far had been told GATHER_MS apart. */
  private free = 0;

  constructor(
    private readonly tell: (ids: string[]) => void,
    private readonly wait = GATHER_MS,
  ) {}

  add(ids: readonly string[]): void {
    for (const id of ids) this.ids.add(id);
    if (this.timer !== undefined) return;
    const wait = this.free - (AT_ONCE - 1) * this.wait - Date.now();
    if (wait <= 0) this.flush();
    else this.timer = setTimeout(() => this.flush(), wait);
  }

  private flush(): void {
    this.timer = undefined;
    this.free = Math.max(this.free, Date.now()) + this.wait;
    const gathered = [...this.ids];
    this.ids.clear();
    this.tell(gathered);
  }
}

/** Starts listening until the page is left or the returned function is called. */
export function listen(url: string, listener: Listener): () => void {
  const gatherer = new Gatherer((ids) => listener.changed(ids));
  let source: EventSource | null = null;
  let poll: ReturnType<typeof setInterval> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let wasUp = false;

  const up = () => {
    clearInterval(poll);
    poll = undefined;
    listener.line(true);
    if (wasUp) listener.changed([]);
    wasUp = true;
  };
  const down = () => {
    listener.line(false);
    poll ??= setInterval(() => listener.changed([]), POLL_MS);
    if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
  };
  const open = () => {
    source?.close();
    source = new EventSource(url);
    source.addEventListener("open", up);
    source.addEventListener("error", down);
    source.addEventListener("study", (event) => {
      const change = changeOf((event as MessageEvent<string>).data);
      if (change.rows !== undefined && listener.told) listener.told(change.ids, change.rows);
      else gatherer.add(change.ids);
    });
  };
  const stop = () => {
    source?.close();
    clearInterval(poll);
    clearTimeout(retry);
  };
  open();
  window.addEventListener("pagehide", stop);
  return stop;
}

/** Reads `{"ids": [1, 2], "rows": "<tr…"}`, the rows being optional; anything else is no change. */
export function changeOf(data: string): { ids: string[]; rows?: string } {
  try {
    const { ids, rows } = JSON.parse(data) as { ids?: unknown; rows?: unknown };
    const known = { ids: Array.isArray(ids) ? ids.map(String) : [] };
    return typeof rows === "string" ? { ...known, rows } : known;
  } catch {
    return { ids: [] };
  }
}
