import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExpertMask, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { type RoutingSettings } from '#libs/release/manifest';
import { isBatchDependent } from '#libs/release/routing-dependence';
import { seededRandom } from '../../../test/harness/random.ts';
import { CASE_EXPERTS, GATING_CASES, withCapacities } from '../../../test/fixtures/routing-cases.ts';
import { RouterDriver, type RoutedSequence } from '../../../test/fixtures/router-driver.ts';

const LAYERS = 2;
const DECODED = 6;

interface Script {
  readonly seed: number;
  readonly promptTokens: number;
  readonly mask: ExpertMask | null;
  readonly generalist: boolean;
  /** Whether the engine is told how long the prompt is. */
  readonly isAnnounced: boolean;
}

const masks: fc.Arbitrary<ExpertMask> = fc.array(fc.shuffledSubarray([...Array(CASE_EXPERTS).keys()], { maxLength: CASE_EXPERTS - 1 }), { minLength: LAYERS, maxLength: LAYERS }).map((layers) => {
  const mask = newExpertMask(LAYERS, CASE_EXPERTS);
  for (const [layer, experts] of layers.entries()) for (const expert of experts) maskExpert(mask, layer, expert);
  return mask;
});
const scripts: fc.Arbitrary<Script> = fc.record({ seed: fc.nat(1e6), promptTokens: fc.integer({ min: 1, max: 40 }), mask: fc.option(masks, { freq: 3 }), generalist: fc.boolean(), isAnnounced: fc.boolean() });

interface Running {
  readonly script: Script;
  readonly sequence: RoutedSequence;
}

const open = (driver: RouterDriver, script: Script): Running => ({ script, sequence: driver.open(script.seed, script.isAnnounced ? script.promptTokens : 0, { mask: script.mask, generalist: script.generalist }) });
const nextPart = ({ script, sequence }: Running, most: number): readonly [RoutedSequence, number] => [sequence, sequence.cache.length < script.promptTokens ? Math.min(most, script.promptTokens - sequence.cache.length) : 1];
const isDone = ({ script, sequence }: Running): boolean => sequence.cache.length >= script.promptTokens + DECODED;

/** Alone: the whole prompt in one piece, then token by token. */
function alone(routing: RoutingSettings, script: Script): readonly string[] {
  const driver = new RouterDriver(LAYERS, CASE_EXPERTS, routing);
  const own = open(driver, script);
  while (!isDone(own)) driver.step([nextPart(own, Infinity)]);
  return own.sequence.decisions;
}

/** With others, in chunks of any length, with steps that fail and selections that are made again. */
function mixed(routing: RoutingSettings, all: readonly Script[], seed: number): readonly (readonly string[])[] {
  const driver = new RouterDriver(LAYERS, CASE_EXPERTS, routing);
  const random = seededRandom(seed);
  const running = all.map((script) => open(driver, script));
  for (let left = running; left.length > 0; left = running.filter((one) => !isDone(one))) {
    const parts = left.filter(() => random() < 0.7).map((one) => nextPart(one, 1 + Math.floor(random() * 12)));
    if (parts.length > 0) driver.step(parts, { again: random() < 0.3, fails: random() < 0.2, nowMs: seed });
  }
  return running.map(({ sequence }) => sequence.decisions);
}

describe.each(Object.entries(GATING_CASES))('%s', (_, gating) => {
  it.each(withCapacities(gating, 'request').map((routing) => [routing.capacity?.policy ?? 'no capacity', routing] as const))(
    'routes a request alike alone and among others, however it is cut, failed and repeated: %s, per request',
    (__, routing) => {
      expect(isBatchDependent(routing)).toBe(false);
      fc.assert(
        fc.property(scripts, fc.array(scripts, { maxLength: 15, size: 'max' }), fc.nat(), (subject, others, seed) => {
          expect(mixed(routing, [subject, ...others], seed)[0]).toEqual(alone(routing, subject));
        }),
        { numRuns: 6 },
      );
    },
  );

  it('goes on alike from a fork', () => {
    const [, drop] = withCapacities(gating, 'request');
    fc.assert(
      fc.property(scripts, scripts, (subject, other) => {
        const driver = new RouterDriver(LAYERS, CASE_EXPERTS, drop!);
        const origin = open(driver, subject);
        while (origin.sequence.cache.length < subject.promptTokens) driver.step([nextPart(origin, 7)]);
        const forks = [driver.fork(origin.sequence), driver.fork(origin.sequence)];
        const neighbour = open(driver, other);
        while (!isDone(origin)) driver.step([...[...forks, origin.sequence].map((sequence) => [sequence, 1] as const), ...(isDone(neighbour) ? [] : [nextPart(neighbour, 3)])]);
        for (const fork of forks) expect(fork.decisions).toEqual(alone(drop!, subject));
      }),
      { numRuns: 10 },
    );
  });

  it.each(withCapacities(gating, 'batch').map((routing) => [routing.capacity?.policy ?? '', routing] as const))('says that it depends on the batch, and repeats a step: %s, per batch', (policy, routing) => {
    expect(isBatchDependent(routing)).toBe(policy !== 'pad');
    fc.assert(
      fc.property(fc.array(scripts, { minLength: 1, maxLength: 6 }), fc.nat(), (all, seed) => {
        expect(mixed(routing, all, seed)).toEqual(mixed(routing, all, seed));
      }),
      { numRuns: 8 },
    );
  });
});

describe('the leak', () => {
  const prompt = { promptTokens: 12, mask: null, generalist: false, isAnnounced: true };
  const withNeighbour = (routing: RoutingSettings, seed: number): readonly string[] => {
    const driver = new RouterDriver(LAYERS, CASE_EXPERTS, routing);
    const neighbour = open(driver, { ...prompt, seed });
    const subject = open(driver, { ...prompt, seed: 1 });
    driver.step([nextPart(neighbour, 12), nextPart(subject, 12)]);
    return subject.sequence.decisions;
  };

  it.each(['drop', 'reroute'] as const)('with scope batch a neighbour changes where your tokens go, with scope request it cannot: %s', (policy) => {
    const routing = (scope: 'batch' | 'request'): RoutingSettings => ({ gating: 'softmax-topk', topK: 2, normalise: true, capacity: { factor: 1, policy, scope } });
    const neighbours = [2, 3, 4, 5];
    expect(new Set(neighbours.map((seed) => withNeighbour(routing('batch'), seed).join('|'))).size).toBeGreaterThan(1);
    expect(new Set(neighbours.map((seed) => withNeighbour(routing('request'), seed).join('|'))).size).toBe(1);
  });

  it('is there with expert choice, which says so', () => {
    const routing: RoutingSettings = { gating: 'expert-choice', topK: 2, normalise: false };
    expect(isBatchDependent(routing)).toBe(true);
    expect(withNeighbour(routing, 2)).not.toEqual(withNeighbour(routing, 3));
  });
});

describe('capacity as others count it', () => {
  /** Hugging Face's Switch: cumsum over positions of the one-hot choices; what comes after the capacity is dropped. */
  const switchDrops = (choices: readonly number[], capacity: number): readonly boolean[] => choices.map((choice, at) => choices.slice(0, at + 1).filter((other) => other === choice).length > capacity);
  const routing = (scope: 'request' | 'batch'): RoutingSettings => ({ gating: 'switch-top1', topK: 1, normalise: false, capacity: { factor: 1.25, policy: 'drop', scope } });

  it.each(['request', 'batch'] as const)('drops what Switch drops: %s', (scope) => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e6), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 40 }), (seeds, tokens) => {
        const run = (of: RoutingSettings): readonly (readonly string[])[] => {
          const driver = new RouterDriver(LAYERS, CASE_EXPERTS, of);
          const sequences = seeds.map((seed) => driver.open(seed, tokens));
          driver.step(sequences.map((sequence) => [sequence, tokens] as const));
          return sequences.map(({ decisions }) => decisions);
        };
        const choices = run({ gating: 'switch-top1', topK: 1, normalise: false }).map((decisions) => decisions.map((decision) => Number(decision.split(' ')[0])));
        const dropped = run(routing(scope)).map((decisions) => decisions.map((decision) => decision.split(' ')[3] === '1'));
        for (let layer = 0; layer < LAYERS; layer++) {
          const of = <T,>(rows: readonly (readonly T[])[]): readonly (readonly T[])[] => rows.map((own) => own.filter((_, at) => at % LAYERS === layer));
          const counted = scope === 'request' ? of(choices) : [of(choices).flat()];
          const wanted = counted.flatMap((own) => switchDrops(own, Math.ceil((1.25 * own.length) / CASE_EXPERTS)));
          expect(of(dropped).flat()).toEqual(wanted);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('quotas', () => {
  const routing = (quota: object): RoutingSettings => ({ gating: 'softmax-topk', topK: 1, normalise: true, quotas: [{ layer: 0, expert: 0, ...quota }] });
  /** Rows of layer 0 that expert 0 served. */
  const served = ({ decisions }: RoutedSequence): number => decisions.filter((decision, at) => at % LAYERS === 0 && decision.startsWith('0 ')).length;
  const eager = (driver: RouterDriver, tenant: string | null): RoutedSequence => ({ ...driver.open(1, 0, { tenant }), logits: (_, __, expert) => -expert });

  it('fill up with time, which is given, and only for what was committed', () => {
    const driver = new RouterDriver(LAYERS, CASE_EXPERTS, routing({ tokensPerSecond: 4 }));
    const sequence = eager(driver, null);
    driver.step([[sequence, 6]], { nowMs: 0, fails: true });
    driver.step([[sequence, 6]], { nowMs: 0, again: true });
    expect(served(sequence)).toBe(4);
    driver.step([[sequence, 6]], { nowMs: 0 });
    expect(served(sequence)).toBe(4);
    driver.step([[sequence, 6]], { nowMs: 500 });
    expect(served(sequence)).toBe(6);
    expect(isBatchDependent(routing({ tokensPerSecond: 4 }))).toBe(true);
  });

  it('of a tenant count that tenant alone, those of a batch start over with each step', () => {
    const driver = new RouterDriver(LAYERS, CASE_EXPERTS, routing({ tokensPerBatch: 2, tenant: 'a' }));
    const [a, b] = [eager(driver, 'a'), eager(driver, 'b')];
    driver.step([[a, 5], [b, 5]]);
    expect([served(a), served(b)]).toEqual([2, 5]);
    driver.step([[a, 1]]);
    expect(served(a)).toBe(3);
  });
});
