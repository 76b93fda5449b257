import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Assay, type RunInputs, type RunTools } from '#libs/evaluation/run/assay';
import { type Json } from '#libs/evaluation/run/run';
import { type Claim } from '#libs/store/evaluation/run-claims';
import { type Conducted, conductRun, type RunPorts } from './conduct-run.ts';

const claim = {} as Claim;
const inputs = {} as RunInputs;

/** What the tables hold, without a database. */
class Kept {
  readonly parts = new Map<string, string>();
  result: { readonly result: string; readonly measured: string | null } | null = null;
  progress = { steps: 0, done: 0, measured: 0 };
  isMine = true;

  ports(tools: Partial<RunTools> = {}): RunPorts {
    return {
      now: () => 0,
      onStep: () => undefined,
      tools: { probe: { rows: 0 } as RunTools['probe'], nowMs: () => 0, ...tools },
      parts: {
        use: async (keys) => new Set(keys.filter((key) => this.parts.has(key))),
        read: async (keys) => keys.map((key) => this.parts.get(key) ?? null),
      },
      claims: {
        planned: async (_, { steps, done }) => {
          this.progress = { ...this.progress, steps, done };
          return this.isMine;
        },
        stepKnown: async () => this.isMine,
        stepMeasured: async (_, { key, part }) => {
          const kept = this.parts.get(key) ?? part;
          this.parts.set(key, kept);
          this.progress = { ...this.progress, done: this.progress.done + 1, measured: this.progress.measured + 1 };
          return this.isMine ? kept : null;
        },
        succeed: async (_, result) => {
          this.result = result;
          return this.isMine ? createHash('sha256').update(result.result).digest('hex') : null;
        },
      },
    };
  }
}

/** Values that JSON writes in more than one way, in an order that is not the canonical one. */
const assay = (keys: readonly string[], fails: () => void = () => undefined): Assay => ({
  kind: 'suite',
  plan: async () => keys.map((key) => ({ key: { z: 1, key }, label: key, measure: async () => (fails(), { value: key.length / 3, key, again: -0 }) })),
  conclude: (_, parts) => ({ parts: [...parts], measured: { count: parts.length } }),
});
const conduct = (kept: Kept, given: Assay, signal = new AbortController().signal): Promise<Conducted> => conductRun(claim, given, inputs, kept.ports(), signal);

it('comes to the same however often it is broken off, and measures each step that was kept once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 6 }), { maxLength: 12 }), fc.array(fc.nat({ max: 5 }), { maxLength: 8 }), async (keys, breaks) => {
      const whole = new Kept();
      await conduct(whole, assay(keys));
      const broken = new Kept();
      for (const after of breaks) {
        let left = after;
        const failing = assay(keys, () => {
          left -= 1;
          if (left < 0) throw new Error('the process ends');
        });
        await conduct(broken, failing).catch(() => undefined);
      }
      await conduct(broken, assay(keys));
      expect(broken.result).toEqual(whole.result);
      expect(broken.progress.measured).toBe(new Set(keys).size);
    }),
  );
});

it('measures nothing where all is known, and keeps what the clock says apart', async () => {
  const kept = new Kept();
  const first = await conduct(kept, assay(['a', 'bb', 'a']));
  expect(kept.progress).toEqual({ steps: 2, done: 2, measured: 2 });
  const never = assay(['a', 'bb', 'a'], () => {
    throw new Error('measured again');
  });
  expect(await conduct(kept, never)).toEqual(first);
  expect(JSON.parse(kept.result!.result)).toEqual({ parts: ['a', 'bb', 'a'].map((key) => ({ again: 0, key, value: key.length / 3 })) });
  expect(kept.result!.measured).toBe('{"count":3}');
});

it('stops where it is asked to, and where the run is its own no longer', async () => {
  const kept = new Kept();
  const stop = new AbortController();
  const stopping = assay(['a', 'b', 'c'], () => stop.abort());
  expect(await conduct(kept, stopping, stop.signal)).toEqual({ ended: 'stopped' });
  expect(kept.progress.measured).toBe(1);
  kept.isMine = false;
  expect(await conduct(kept, assay(['a', 'b', 'c']))).toEqual({ ended: 'lost' });
  expect(kept.result).toBeNull();
});

it.each([
  ['too-many-steps', { plan: async () => Array.from({ length: 50_001 }, (_, key) => ({ key, label: '', measure: async (): Promise<Json> => null })) }],
  ['key-too-large', { plan: async () => [{ key: 'x'.repeat(70_000), label: '', measure: async (): Promise<Json> => null }] }],
  ['part-too-large', { plan: async () => [{ key: 1, label: '', measure: async (): Promise<Json> => 'x'.repeat(2 ** 20) }] }],
  ['result-too-large', { plan: async () => [], conclude: (): Json => 'x'.repeat(2 ** 23) }],
])('refuses what is above a limit: %s', async (reason, over: Partial<Assay>) => {
  await expect(conduct(new Kept(), { ...assay([]), ...over })).rejects.toMatchObject({ name: 'EvaluationError', reason });
});
