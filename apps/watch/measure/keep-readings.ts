import { type Reading, type ReadingLabels, type Signal } from '#libs/detection/reading/reading';

/** Signals whose readings are written only for what stands out. */
const SPARSE: ReadonlySet<Signal> = new Set(['dead-expert', 'waking-expert', 'hot-expert', 'slow-expert', 'expert-unavailable', 'quality']);

export interface KeptReadings {
  readonly save: readonly Reading[];
  readonly remove: readonly { readonly signal: Signal; readonly labels: ReadingLabels }[];
}

/**
 * What to write and what to take back. A sparse reading that stood out and does no longer is written once
 * more as 0 and goes a round later, so that whoever watches sees it end; one that nothing was measured for
 * goes, such as of a release that serves no more.
 * @param measured series that were looked at this time: a sparse reading outside them ends without a value
 * @param keyOf text that is the same for the same labels
 */
export function keepReadings(fresh: readonly Reading[], before: readonly Reading[], measured: ReadonlySet<string>, atMs: number, keyOf: (labels: ReadingLabels) => string): KeptReadings {
  const isFresh = new Set(fresh.map(({ signal, labels }) => `${signal} ${keyOf(labels)}`));
  const gone = before.filter(({ signal, labels }) => !isFresh.has(`${signal} ${keyOf(labels)}`));
  const ended = gone.filter((reading) => SPARSE.has(reading.signal) && reading.value !== 0 && measured.has(seriesOf(reading)));
  const endedSet = new Set(ended);
  return {
    save: [...fresh, ...ended.map((reading) => ({ ...reading, atMs, value: 0, interval: null, alarm: reading.alarm === null ? null : false, evidence: null, detail: { note: 'it does not stand out any more' } }))],
    remove: gone.filter((reading) => !endedSet.has(reading)).map(({ signal, labels }) => ({ signal, labels })),
  };
}

/** Names the signal, release and layer that a reading is of. */
export function seriesOf({ signal, labels: { release, layer } }: Pick<Reading, 'signal' | 'labels'>): string {
  return `${signal} ${release ?? ''} ${layer ?? ''}`;
}
