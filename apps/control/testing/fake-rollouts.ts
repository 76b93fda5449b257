import { type Provider } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { FEEDBACK_ROUTING, FEEDBACK_STORE, type FeedbackRoutingPort, type FeedbackStorePort } from '../feedback/feedback-ports.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from '../rollouts/rollout-records.ts';

const NO_MANAGER = null as unknown as EntityManager;

/** A house without rollouts and feedback: what they do is tested over a real database. */
export function fakeRollouts(): Provider[] {
  const records: RolloutRecords = {
    rollouts: {
      transaction: (work) => work(NO_MANAGER),
      exclusively: async (work) => work().then(() => true),
      find: async () => null,
      list: async () => [],
      underWay: async () => [],
      standing: async () => ({ byState: { running: 0, paused: 0, completed: 0, failed: 0, aborted: 0, superseded: 0 }, oldestLookAtMs: null }),
      lock: async () => null,
      insert: async () => true,
      save: async () => undefined,
    },
    history: { beginStep: async () => undefined, endStep: async () => undefined, addVerdict: async () => undefined, steps: async () => [], verdicts: async () => [] },
    evidence: { read: async () => ({ batch: { requests: [], shadows: [], feedback: [], usage: null }, marks: [] }), markSeen: async () => undefined, forget: async () => undefined },
  };
  const feedback: FeedbackStorePort = {
    transaction: (work) => work(NO_MANAGER), tenantsOf: async () => new Map(), insert: async () => true, list: async () => [],
    summary: async () => ({ requests: 0, feedback: 0, scored: 0, meanScore: null, scoreVariance: null, labels: [] }),
  };
  const routing: FeedbackRoutingPort = { scored: async function* () {}, test: async () => null };
  return [
    { provide: ROLLOUT_RECORDS, useValue: records },
    { provide: FEEDBACK_STORE, useValue: feedback },
    { provide: FEEDBACK_ROUTING, useValue: routing },
  ];
}
