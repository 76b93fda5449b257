import { type DataSource } from 'typeorm';
import { type Reading } from '#libs/detection/reading/reading';
import { type Baseline, baselineInForce } from '#libs/store/detection/baseline';
import { type Serving } from '#libs/store/detection/serving';
import { type DetectorStates } from '#libs/store/detection/detector-states';
import { type Readings } from '#libs/store/detection/readings';
import { segmentKeyOf } from './segments.ts';

const SIGNALS = ['mix-shift', 'router-shift'];
const MAX_READINGS = 10_000;
/** A clearing reading stays so long, so that whoever looks at readings now and then has seen it. */
const CLEARED_MS = 120_000;

/** What is to become of a reading that is there. */
export type ReadingFate = 'stays' | 'is-cleared' | 'is-removed';

/**
 * Whether a reading still speaks of something that is followed: its release answers, and it is of the baseline in
 * force. One that does not is cleared first, so that its alert ends, and removed later.
 */
export function fateOf({ labels, alarm, atMs, detail }: Reading, serving: readonly Serving[], adopted: readonly Baseline[], nowMs: number): ReadingFate {
  const release = serving.find(({ releaseId, model }) => releaseId === labels['release'] && model === labels['model']);
  const baseline = release ? baselineInForce(adopted, release.model, release.releaseId, release) : null;
  if (release && baseline && detail.baselineId === baseline.id) {
    const { tenant, task, language } = labels;
    const segmentKey = segmentKeyOf({ tenant, task, language });
    const isKnown = segmentKey === '' || baseline.options.segments.some((segment) => segmentKeyOf(segment) === segmentKey);
    if (isKnown) return 'stays';
  }
  if (detail.note !== CLEARED_NOTE || alarm !== false) return 'is-cleared';
  return nowMs - atMs >= CLEARED_MS ? 'is-removed' : 'stays';
}

const CLEARED_NOTE = 'This is followed no more: the release does not answer, or is watched against another baseline.';

/** Clears and removes readings of what is followed no more, and states of releases that have none left. */
export class ReadingUpkeep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly readings: Pick<Readings, 'current' | 'save' | 'remove'>,
    private readonly states: Pick<DetectorStates, 'releases' | 'removeRelease'>,
  ) {}

  /** @returns readings in alarm, and releases whose states were removed */
  async run(serving: readonly Serving[], adopted: readonly Baseline[], nowMs: number): Promise<{ readonly alarms: number; readonly removed: readonly string[] }> {
    const current = await this.#current();
    const fates = current.map((reading) => ({ reading, fate: fateOf(reading, serving, adopted, nowMs) }));
    const cleared = fates.filter(({ fate }) => fate === 'is-cleared').map(({ reading: { signal, labels } }): Reading => ({
      signal, labels, atMs: nowMs, value: null, interval: null, alarm: false, evidence: null, detail: { note: CLEARED_NOTE },
    }));
    const removed = fates.filter(({ fate }) => fate === 'is-removed').map(({ reading }) => reading);
    const left = new Set(fates.filter(({ fate }) => fate !== 'is-removed').map(({ reading }) => reading.labels['release']));
    const answering = new Set(serving.map(({ releaseId }) => releaseId));
    const gone = (await this.states.releases()).map(({ release }) => release).filter((release) => !answering.has(release) && !left.has(release));
    if (cleared.length + removed.length + gone.length > 0) {
      await this.dataSource.transaction(async (manager) => {
        await this.readings.save(manager, cleared);
        for (const { signal, labels } of removed) await this.readings.remove(manager, signal, labels);
        for (const release of gone) await this.states.removeRelease(manager, release);
      });
    }
    return { alarms: fates.filter(({ reading, fate }) => fate === 'stays' && reading.alarm === true).length, removed: gone };
  }

  async #current(): Promise<readonly Reading[]> {
    return this.readings.current({ signals: SIGNALS }, MAX_READINGS);
  }
}
