import { type Counter, type Meter, type ObservableResult } from '@opentelemetry/api';
import { type AdmissionFigures } from '#libs/runtime/engine/admission-settings';
import { type EngineStatus, type ExpertFigures } from '#libs/runtime/engine/engine';
import { parseComponentName } from '#libs/release/component';
import { layerLoads, type LayerLoad } from './layer-load.ts';

/** Of a release id, as a label: enough to tell the few that are loaded apart. */
const RELEASE_LABEL_CHARACTERS = 12;

/** What the spool and its hand-over say of themselves. */
export interface SpoolFigures {
  readonly spooledBytes: number;
  readonly batchesWaiting: number;
  readonly batchesInQueue: number;
  readonly oldestAgeMs: number;
  readonly refused: Readonly<Partial<Record<string, number>>>;
}

function gauge(meter: Meter, name: string, unit: string, description: string, read: (result: ObservableResult) => void): void {
  meter.createObservableGauge(name, { unit, description }).addCallback(read);
}

function label(releaseId: string): string {
  return releaseId.slice(0, RELEASE_LABEL_CHARACTERS);
}

export function observeEngine(meter: Meter, status: () => EngineStatus): void {
  gauge(meter, 'signalbox.engine.requests', '1', 'Requests in the engine, by state: running or queued.', (result) => {
    const { running, queued } = status();
    result.observe(running, { state: 'running' });
    result.observe(queued, { state: 'queued' });
  });
  observeAdmission(meter, status);
  gauge(meter, 'signalbox.weights', 'By', 'Weights in memory, by release and kind of component. What releases share counts for each of them.', (result) => {
    for (const { releaseId, weightBytes } of status().releases) {
      const byKind = new Map<string, number>();
      for (const [name, bytes] of Object.entries(weightBytes)) {
        const kind = parseComponentName(name)?.kind ?? 'other';
        byKind.set(kind, (byKind.get(kind) ?? 0) + bytes);
      }
      for (const [kind, bytes] of byKind) result.observe(bytes, { release: label(releaseId), kind });
    }
  });
  gauge(meter, 'signalbox.weights.total', 'By', 'Weights in memory, of all releases: a component version that several share counts once.', (result) => result.observe(status().weightBytes));
  gauge(meter, 'signalbox.sessions', '1', 'Inference sessions: resident now; made, and shared instead of being made, since the start.', (result) => {
    for (const [state, count] of Object.entries(status().sessions)) result.observe(count, { state });
  });
  gauge(meter, 'signalbox.experts.held', 'By', 'Experts in memory, where SIGNALBOX_EXPERT_MEMORY_BYTES bounds them.', (result) => {
    const { placement } = status();
    if (placement) result.observe(placement.heldBytes);
  });
  meter.createObservableCounter('signalbox.experts.runs', { description: 'Runs of experts under such a bound: with the expert in memory, or read from disk first.' }).addCallback((result) => {
    const { placement } = status();
    if (!placement) return;
    result.observe(placement.hits, { expert: 'held' });
    result.observe(placement.loads, { expert: 'read' });
  });
  gauge(meter, 'signalbox.cache', 'By', 'KV caches in memory, by release.', (result) => {
    for (const { releaseId, cacheBytes } of status().releases) result.observe(cacheBytes, { release: label(releaseId) });
  });
}

/** What admission refused, ended and expects. Tenants are counted, never named. */
function observeAdmission(meter: Meter, status: () => EngineStatus): void {
  const counter = (name: string, description: string, read: (figures: AdmissionFigures, result: ObservableResult) => void): void =>
    meter.createObservableCounter(name, { description }).addCallback((result) => {
      const { admission } = status();
      if (admission) read(admission, result);
    });
  const level = (name: string, unit: string, description: string, value: (figures: AdmissionFigures) => number | null): void =>
    gauge(meter, name, unit, description, (result) => {
      const { admission } = status();
      const figure = admission ? value(admission) : null;
      if (figure !== null) result.observe(figure);
    });
  counter('signalbox.shed', 'Requests refused before they began, by reason.', ({ refused }, result) => {
    for (const [reason, count] of Object.entries(refused)) result.observe(count, { reason });
  });
  counter('signalbox.engine.ended', 'Requests that the engine itself ended, by reason.', ({ ended }, result) => {
    for (const [reason, count] of Object.entries(ended)) result.observe(count, { reason });
  });
  counter('signalbox.repetitions', 'Requests whose prompt ran through the same few experts again and again.', ({ repetitions }, result) => result.observe(repetitions));
  level('signalbox.queue.expected_wait', 's', 'What a request of a tenant that has none waiting would wait, at the present pace.', ({ waitMs }) => (waitMs === null ? null : waitMs / 1000));
  level('signalbox.engine.work_rate', '1', 'Work per second while requests wait, in prompt tokens; a sampled token counts twice.', ({ workPerSecond }) => workPerSecond);
  level('signalbox.queue.tenants', '1', 'Tenants with requests that wait.', ({ tenantsWaiting }) => tenantsWaiting);
  level('signalbox.queue.largest_tenant.share', '1', 'Part of the waiting work that belongs to the tenant with the most.', ({ largestBacklogShare }) => largestBacklogShare);
}

/** @param read null where capture is off */
export function observeSpool(meter: Meter, read: () => SpoolFigures | null): void {
  const observe = (name: string, unit: string, description: string, tell: (figures: SpoolFigures, result: ObservableResult) => void): void =>
    gauge(meter, name, unit, description, (result) => {
      const figures = read();
      if (figures) tell(figures, result);
    });
  observe('signalbox.spool.held', 'By', 'Traces held locally until the database confirms them.', ({ spooledBytes }, result) => result.observe(spooledBytes));
  observe('signalbox.spool.batches', '1', 'Batches of traces, by state: waiting for the queue, or queued and not yet confirmed.', (figures, result) => {
    result.observe(figures.batchesWaiting, { state: 'waiting' });
    result.observe(figures.batchesInQueue, { state: 'queued' });
  });
  observe('signalbox.spool.oldest', 's', 'Age of the oldest batch that is not confirmed.', ({ oldestAgeMs }, result) => result.observe(oldestAgeMs / 1000));
  observe('signalbox.spool.refused', '1', 'Traces that the spool refused since the start, by reason.', ({ refused }, result) => {
    for (const [reason, count] of Object.entries(refused)) result.observe(count ?? 0, { reason });
  });
}

/** Per layer: the load since the start, and the busiest expert's share of it between two drains. */
export class LayerFigures {
  readonly #assignments: Counter;
  readonly #latest = new Map<string, readonly LayerLoad[]>();

  constructor(meter: Meter) {
    this.#assignments = meter.createCounter('signalbox.layer.assignments', { description: 'Tokens run by the experts of a layer.' });
    gauge(meter, 'signalbox.layer.top_expert.share', '1', "The busiest expert's share of its layer's load, between the last two drains.", (result) => {
      for (const [releaseId, loads] of this.#latest) {
        for (const { layer, topShare } of loads) result.observe(topShare, { release: label(releaseId), layer });
      }
    });
  }

  seen(releaseId: string, experts: readonly ExpertFigures[]): void {
    const loads = layerLoads(experts);
    this.#latest.set(releaseId, loads);
    for (const { layer, assignments } of loads) this.#assignments.add(assignments, { release: label(releaseId), layer });
  }

  /** Forgets releases that are no longer resident. */
  keepOnly(releaseIds: readonly string[]): void {
    for (const releaseId of this.#latest.keys()) if (!releaseIds.includes(releaseId)) this.#latest.delete(releaseId);
  }
}
