import { type EntityManager } from 'typeorm';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ActivationEvent } from '#libs/store/activation/activation-history';
import { type StoredActivation } from '#libs/store/activation/activation-row';
import { type ObservedProcess } from '#libs/store/activation/observed-activations';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type ActivationHistoryPort, type ActivationsPort, type ActivationUnitPort } from '../models/activation-ports.ts';

interface Known {
  readonly releaseId: string;
  readonly model: string;
  readonly manifest: ReleaseManifest;
}

/** Activations in memory, with their history and what processes say; a transaction that fails is not undone. */
export class FakeActivations implements ActivationsPort {
  readonly states = new Map<string, StoredActivation>();
  readonly events: ActivationEvent[] = [];
  readonly processes: ObservedProcess[] = [];

  constructor(
    private readonly releases: readonly Known[],
    private readonly audit: (entry: AuditEntry) => void,
  ) {}

  readonly history: ActivationHistoryPort = {
    list: async ({ model, limit, beforeGeneration, untilMs }) =>
      this.events
        .filter((one) => one.model === model && (beforeGeneration === null || one.generation < beforeGeneration) && (untilMs === null || one.atMs <= untilMs))
        .toSorted((a, b) => b.generation - a.generation)
        .slice(0, limit),
  };

  async find(model: string): Promise<StoredActivation | null> {
    return this.states.get(model) ?? null;
  }

  async list(): Promise<readonly StoredActivation[]> {
    return [...this.states.values()];
  }

  transaction<T>(work: (unit: ActivationUnitPort) => Promise<T>): Promise<T> {
    return work(this.unit());
  }

  unit(): ActivationUnitPort {
    return {
      manager: {} as EntityManager,
      lock: (model) => this.find(model),
      releases: async (ids) => new Map(this.releases.filter(({ releaseId }) => ids.includes(releaseId)).map((one) => [one.releaseId, one])),
      recalled: async () => [],
      sizesBytes: async () => ({}),
      changeOf: async () => null,
      knowledgeOf: async () => ({ records: [], served: [] }),
      lastEvent: async (model) => (await this.history.list({ model, limit: 1, beforeGeneration: null, untilMs: null }))[0] ?? null,
      saveRelease: async () => undefined,
      write: async ({ next, expectedGeneration, atMs, act }) => {
        const before = this.states.get(next.model) ?? null;
        if ((before?.generation ?? 0) !== expectedGeneration) return { outcome: 'stale' };
        const state = { ...next, generation: expectedGeneration + 1 };
        this.states.set(next.model, { ...state, updatedAtMs: atMs });
        this.events.push({ id: String(this.events.length + 1), model: next.model, generation: state.generation, atMs, ...act, before, after: state });
        return { outcome: 'written', state };
      },
      append: async (entry) => this.audit(entry),
    };
  }
}
