import { type Clock } from './tag-throttle.ts';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'offline';

/** The parts of an EventSource that are used. */
export interface Source {
  addEventListener(name: string, act: (event: { readonly data?: unknown; readonly lastEventId?: string }) => void): void;
  close(): void;
}

export interface LiveOptions {
  readonly open: (url: string) => Source;
  readonly clock: Clock;
  /** A number from 0 to 1, so that not all come back at the same moment. */
  readonly random: () => number;
  readonly onState: (state: LiveState) => void;
  readonly onTags: (tags: readonly string[]) => void;
  /** It could not connect: the session may have ended. */
  readonly onRefused: () => void;
}

const URL_OF_EVENTS = '/api/v1/events';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** So many failures in a row count as offline. */
const OFFLINE_AFTER = 4;

/** How long to wait before the next attempt: doubled with each failure in a row (from 1), up to a quarter more or less by chance. */
export function waitMs(failures: number, random: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.75 + random / 2);
}

/** Listens to the server's changes, and comes back after a break where it left off. */
export class LiveConnection {
  #source: Source | null = null;
  #lastEventId: string | null = null;
  #failures = 0;
  #timer: number | null = null;

  constructor(private readonly options: LiveOptions) {}

  /** Connects now, also where it waits for the next attempt. */
  start(): void {
    this.#clear();
    if (this.#source !== null) return;
    const source = this.options.open(this.#lastEventId === null ? URL_OF_EVENTS : `${URL_OF_EVENTS}?after=${encodeURIComponent(this.#lastEventId)}`);
    this.#source = source;
    source.addEventListener('ready', (event) => {
      this.#failures = 0;
      this.options.onState('live');
      this.#take(event);
    });
    source.addEventListener('changed', (event) => this.#take(event));
    source.addEventListener('error', () => this.#failed(source));
  }

  stop(): void {
    this.#clear();
    this.#source?.close();
    this.#source = null;
  }

  #take({ data, lastEventId }: { readonly data?: unknown; readonly lastEventId?: string }): void {
    if (lastEventId) this.#lastEventId = lastEventId;
    const tags = tagsOf(data);
    if (tags.length > 0) this.options.onTags(tags);
  }

  #failed(source: Source): void {
    if (this.#source !== source) return;
    // Its own reconnecting knows no end and no patience.
    source.close();
    this.#source = null;
    this.#failures += 1;
    this.options.onState(this.#failures < OFFLINE_AFTER ? 'reconnecting' : 'offline');
    if (this.#failures === 2) this.options.onRefused();
    this.#timer = this.options.clock.setTimeout(() => this.start(), waitMs(this.#failures, this.options.random()));
  }

  #clear(): void {
    if (this.#timer !== null) this.options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function tagsOf(data: unknown): readonly string[] {
  try {
    const { tags } = JSON.parse(String(data)) as { readonly tags?: unknown };
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}
