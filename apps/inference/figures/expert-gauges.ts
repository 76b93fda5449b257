import { type Attributes, type Meter } from '@opentelemetry/api';
import { type Engine, type ReleaseHealthReport } from '#libs/runtime/engine/engine';

/** Of a release id, as a label: enough to tell the few that are loaded apart. */
const RELEASE_LABEL_CHARACTERS = 12;

/**
 * Shows the health of experts. Only those that have not always been healthy have series of their own,
 * so that a model of thousands of experts makes a few.
 * @param resident the releases that are loaded
 */
export function observeExperts(meter: Meter, engine: Pick<Engine, 'health'>, resident: () => readonly string[]): void {
  const state = meter.createObservableGauge('signalbox.expert.state', { unit: '1', description: '1 where an expert is quarantined, open (out of service) or half-open (recovering). An expert that never was has no series.' });
  const counts = meter.createObservableGauge('signalbox.experts', { unit: '1', description: 'Experts of a release, by state.' });
  const failures = meter.createObservableCounter('signalbox.expert.failures', { unit: '1', description: 'Failed runs and probes of experts since the release was loaded, by reason.' });
  const exhausted = meter.createObservableGauge('signalbox.experts.exhausted.layers', { unit: '1', description: 'Layers with fewer experts left than the limit: requests fail or go elsewhere.' });
  /** What was told before: a series that is no longer told would keep its last value. */
  const told = new Map<string, Attributes>();
  meter.addBatchObservableCallback(
    async (result) => {
      const now = new Set<string>();
      for (const [releaseId, report] of await reports(engine, resident())) {
        const release = releaseId.slice(0, RELEASE_LABEL_CHARACTERS);
        for (const { layer, expert, state: name } of report.experts) {
          const labels = { release, layer, expert, state: name };
          const key = JSON.stringify(labels);
          told.set(key, labels);
          now.add(key);
        }
        for (const [name, count] of Object.entries(report.counts)) result.observe(counts, count, { release, state: name === 'halfOpen' ? 'half-open' : name });
        for (const [reason, count] of Object.entries(report.failures)) result.observe(failures, count, { release, reason });
        result.observe(exhausted, report.exhaustedLayers.length, { release });
      }
      for (const [key, labels] of told) result.observe(state, now.has(key) ? 1 : 0, labels);
    },
    [state, counts, failures, exhausted],
  );
}

/** What the engine says of each release; a release that is just being unloaded is left out. */
async function reports(engine: Pick<Engine, 'health'>, releaseIds: readonly string[]): Promise<[string, ReleaseHealthReport][]> {
  const found = await Promise.allSettled(releaseIds.map(async (releaseId): Promise<[string, ReleaseHealthReport]> => [releaseId, await engine.health(releaseId)]));
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
