/** Hears which studies changed, by server-sent events or, while those fail, by asking again and again. */

export interface Listener {
  /** These studies changed; an empty list means that anything may have. */
  changed(ids: string[]): void;
  /** The line to the server is up or down. */
  line(up: boolean): void;
}

export const GATHER_MS = 150;
const POLL_MS = 10_000;
const RETRY_MS = 5_000;

/** Gathers ids that arrive close together, so that a burst of instances is one question. */
export class Gatherer {
  private ids = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly tell: (ids: string[]) => void,
    private readonly wait = GATHER_MS,
  ) {}

  add(ids: readonly string[]): void {
    for (const id of ids) this.ids.add(id);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const gathered = [...this.ids];
      this.ids.clear();
      this.tell(gathered);
    }, this.wait);
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
    source.addEventListener("study", (event) => gatherer.add(idsOf((event as MessageEvent<string>).data)));
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

/** Reads `{"ids": [1, 2]}`; anything else is no id. */
export function idsOf(data: string): string[] {
  try {
    const ids = (JSON.parse(data) as { ids?: unknown }).ids;
    return Array.isArray(ids) ? ids.map(String) : [];
  } catch {
    return [];
  }
}
