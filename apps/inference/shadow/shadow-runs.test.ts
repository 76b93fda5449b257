import { createNoopMeter } from '@opentelemetry/api';
import { beforeEach, expect, it, vi } from 'vitest';
import { type DataRule } from '#libs/governance/data-rules/rule-set';
import { type ShadowComparison } from '#libs/store/rollouts/shadow-comparisons';
import { type ServedRelease } from '../models/served-release.ts';
import { FAKE_RELEASE, FakeEngine, fakeTokenizer } from '../testing/fake-engine.ts';
import { RequestRules } from '../rules/request-rules.ts';
import { type RulesOfModel } from '../rules/rules-in-force.ts';
import { type AnsweredRequest, ShadowRuns } from './shadow-runs.ts';

const release = (releaseId: string): ServedRelease => ({ ...FAKE_RELEASE, releaseId, tokenizer: fakeTokenizer });
const LABELS = { tenant: 'acme', region: '', dataClass: '', licence: '' };
const STABLE = release('a');
const SHADOW = release('b');

let engine: FakeEngine;
let queued: number;
let looks: number;
let pinned: number;
let share: number;
let rows: ShadowComparison[];
let errors: unknown[];
let rules: RulesOfModel;
let shadows: ShadowRuns;

beforeEach(() => {
  engine = new FakeEngine();
  queued = 0;
  looks = 0;
  pinned = 0;
  share = 1;
  rules = null;
  rows = [];
  errors = [];
  const pin = (one: ServedRelease) => {
    pinned += 1;
    return { release: one, unpin: () => void (pinned -= 1) };
  };
  const status = (): ReturnType<FakeEngine['status']> => {
    looks += 1;
    return { ...engine.status(), queued };
  };
  const generate: FakeEngine['generate'] = (request, signal) => engine.generate(request, signal);
  shadows = new ShadowRuns(
    { generate, status },
    { pinShadow: (_, stableId) => (stableId === 'a' ? { stable: pin(STABLE), shadow: pin(SHADOW), share } : null) },
    new RequestRules({ of: () => rules }),
    { insert: async (given) => void rows.push(...given) },
    createNoopMeter(),
    (_, error) => void errors.push(error),
  );
});

async function answered(requestId: string, by = STABLE): Promise<AnsweredRequest> {
  const request = {
    id: requestId, releaseId: by.releaseId, promptTokens: Uint32Array.of(1, 2, 3), choices: 1, maxTokens: 3, stop: [], stopTokenIds: [], ignoreEos: false, logprobs: null, promptLogprobs: null,
    sampling: { temperature: 1, topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, logitBias: {}, seed: 1 },
  };
  for await (const event of new FakeEngine().generate(request, new AbortController().signal)) {
    if (event.type === 'finished') return { requestId, atMs: 5, release: by, labels: LABELS, request, outcome: event.outcome };
  }
  throw new Error('the fake engine did not finish');
}

it('scores the same tokens on both releases, and lets both go', async () => {
  shadows.offer(await answered('r1'));
  await vi.waitFor(() => expect(rows).toHaveLength(1));
  expect(rows[0]).toEqual({
    model: 'fake', stable: 'a', shadow: 'b', requestId: 'r1', atMs: 5, tokens: 4, meanLogLikelihoodDifference: 0, meanKlBits: 0, argmaxDisagreement: 0, decisionDisagreement: [0, 0],
  });
  expect(engine.requests.map(({ releaseId, maxTokens, promptLogprobs, promptTokens }) => [releaseId, maxTokens, promptLogprobs, promptTokens.length])).toEqual([['a', 0, 20, 5], ['b', 0, 20, 5]]);
  await vi.waitFor(() => expect(pinned).toBe(0));
});

it('takes no answer that it is not drawn for, that was none, or that another release gave', async () => {
  const one = await answered('r1');
  shadows.offer({ ...one, outcome: { ...one.outcome, status: 'cancelled' } });
  shadows.offer({ ...one, release: SHADOW });
  share = 0;
  shadows.offer(one);
  await shadows.stop();
  expect([rows, engine.requests, pinned]).toEqual([[], [], 0]);
});

it('waits while requests wait for the engine', async () => {
  queued = 1;
  shadows.offer(await answered('r1'));
  await vi.waitFor(() => expect(looks).toBeGreaterThan(2));
  expect(engine.requests).toEqual([]);
  queued = 0;
  await vi.waitFor(() => expect(rows).toHaveLength(1));
});

it('goes on after a run that failed', async () => {
  engine.mode = 'throw';
  shadows.offer(await answered('r1'));
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  engine.mode = 'busy';
  shadows.offer(await answered('r2'));
  await vi.waitFor(() => expect(engine.requests).toHaveLength(2));
  engine.mode = 'answer';
  shadows.offer(await answered('r3'));
  await vi.waitFor(() => expect(rows.map(({ requestId }) => requestId)).toEqual(['r3']));
  expect(errors).toHaveLength(1);
  await vi.waitFor(() => expect(pinned).toBe(0));
});

it('drops what does not fit, and what waits when the server stops', async () => {
  queued = 1;
  const one = await answered('r');
  for (let at = 0; at < 100; at += 1) shadows.offer({ ...one, requestId: `r${at}` });
  await shadows.stop();
  expect(rows).toEqual([]);
  expect(pinned).toBe(0);
});

it('holds the data rules: masked experts of each release stay masked, and what may not run does not', async () => {
  const ruleSet = (list: readonly DataRule[]) => ({ model: 'fake', generation: 1, rules: list, digest: 'd'.repeat(64) });
  rules = ruleSet([{ id: 'one', expert: 'expert/0/1', effect: 'deny', tenants: ['acme'] }]);
  shadows.offer(await answered('r1'));
  await vi.waitFor(() => expect(rows).toHaveLength(1));
  expect(engine.requests.map(({ expertMask }) => [...(expertMask?.words ?? [])])).toEqual([[2, 0], [2, 0]]);
  rules = { ...ruleSet([0, 1, 2, 3].map((at) => ({ id: `r${at}`, expert: `expert/0/${at}`, effect: 'deny' as const }))), digest: 'e'.repeat(64) };
  shadows.offer(await answered('r2'));
  await shadows.stop();
  expect(engine.requests).toHaveLength(2);
});
