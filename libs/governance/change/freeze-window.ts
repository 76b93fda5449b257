/** A time in which nothing is to change. */
export interface FreezeWindow {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  /** null: all models. */
  readonly model: string | null;
  readonly startsAtMs: number;
  /** Exclusive. */
  readonly endsAtMs: number;
}

/** Windows that hold at a time for a model; those for one model also hold for changes that concern all. */
export function freezesAt(windows: readonly FreezeWindow[], model: string | null, atMs: number): readonly FreezeWindow[] {
  return windows.filter((window) => window.startsAtMs <= atMs && atMs < window.endsAtMs && (window.model === null || model === null || window.model === model));
}
