import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from '#libs/stats/roc/auc';
import { emptyUsage } from '#libs/trace/usage';
import { type HouseSettings } from '../house/house-settings.ts';
import { type ReleaseCatalog, type UsagePort } from '../routing/usage-reader.ts';
import { type PrivacyBudgetPort } from './private-usage-ports.ts';
import { PrivateUsageReports } from './private-usage-reports.ts';

const NOW_MS = Date.parse('2026-03-10T12:00:00Z');
const RELEASE = { releaseId: 'a'.repeat(64), model: 'toy', layers: 1, experts: 4, topK: 2 };
const RULES = { epsilonThousandths: 500, budgetThousandths: 1200, requestTokens: 8 };

/** Spends as the store does. */
function memoryBudget(): PrivacyBudgetPort {
  const spent = new Map<string, number>();
  const known = new Set<string>();
  return {
    spend: async ({ days, epsilonThousandths, budgetThousandths, answerDigest }) => {
      const name = Buffer.from(answerDigest).toString('hex');
      if (known.has(name)) return { outcome: 'known' };
      const short = days.find((day) => (spent.get(day) ?? 0) + epsilonThousandths > budgetThousandths);
      if (short !== undefined) return { outcome: 'exhausted', day: short, leftThousandths: budgetThousandths - (spent.get(short) ?? 0) };
      for (const day of days) spent.set(day, (spent.get(day) ?? 0) + epsilonThousandths);
      known.add(name);
      return { outcome: 'spent' };
    },
  };
}

function house({ load, rules = RULES, budget = memoryBudget(), key = 1 }: { load: () => readonly number[]; rules?: typeof RULES | null; budget?: PrivacyBudgetPort; key?: number }): PrivateUsageReports {
  const usage: UsagePort = {
    usageMatrix: async (query) => {
      const layers = emptyUsage(1, 4).map((one) => ({ ...one, load: Float64Array.from(load()), layer: 0 }));
      return { range: query, groups: [{ releaseId: null, segment: {}, bucketMs: null, layers }] };
    },
  };
  const catalog: ReleaseCatalog = { find: async () => RELEASE, ofModel: async () => [RELEASE], models: async () => ['toy'], activeRelease: async () => RELEASE.releaseId, componentSizes: async () => ({}) };
  const settings = { minRequests: 5, retentionDays: 7, version: '', now: () => NOW_MS, house: { privateUsage: rules } as HouseSettings };
  return new PrivateUsageReports(usage, catalog, budget, new Uint8Array(32).fill(key), settings);
}

const asked = (from = '2026-03-01', to = from) => ({ model: 'toy', from, to });

describe('private usage', () => {
  it('gives the same answer to the same question, and other noise once the counts differ', async () => {
    let load = [400, 300, 200, 100];
    const reports = house({ load: () => load });
    const first = await reports.read(asked());
    expect(await reports.read(asked())).toEqual(first);
    expect(first.sensitivity).toBe(16);
    expect(first.noiseScale).toBe(32);
    expect(first.layers[0]!.share.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    load = [401, 301, 200, 100];
    const second = await reports.read(asked());
    expect(second.layers[0]!.load.map((value, at) => value - first.layers[0]!.load[at]!)).not.toEqual([1, 1, 0, 0]);
    const elsewhere = await house({ load: () => [400, 300, 200, 100], key: 2 }).read(asked());
    expect(elsewhere.layers[0]!.load).not.toEqual(first.layers[0]!.load);
  });

  it('ends when the budget of a day is spent, and says what to do; other days go on', async () => {
    let load = [4, 3, 2, 1];
    const reports = house({ load: () => load });
    const first = await reports.read(asked());
    load = [5, 3, 2, 1];
    await reports.read(asked('2026-02-25', '2026-03-01'));
    load = [6, 3, 2, 1];
    await expect(reports.read(asked())).rejects.toMatchObject({ status: 409, code: 'privacy_budget_spent', detail: expect.stringContaining('2026-03-01 have told as much as they may (0.2 is left)') });
    load = [4, 3, 2, 1];
    expect(await reports.read(asked())).toEqual(first);
    await expect(reports.read(asked('2026-03-02'))).resolves.toMatchObject({ epsilon: 0.5 });
  });

  it('refuses days that go on, too many of them, and questions where it is off', async () => {
    const reports = house({ load: () => [1, 1, 1, 1] });
    await expect(reports.read(asked('2026-03-10'))).rejects.toMatchObject({ status: 400, field: 'to' });
    await expect(reports.read(asked('2026-01-01', '2026-02-28'))).rejects.toMatchObject({ status: 400, field: 'from' });
    await expect(house({ load: () => [], rules: null }).read(asked())).rejects.toMatchObject({ status: 404, code: 'private_usage_off' });
  });

  it('keeps a request from whoever subtracts two answers that differ by it', async () => {
    const others = [400, 300, 200, 100];
    const request = [8, 8, 0, 0];
    // The window with the request less the window without it, under many keys.
    const differences = async (isIn: boolean) => {
      const scores: number[] = [];
      for (let key = 1; key <= 100; key += 1) {
        let load = others;
        const reports = house({ load: () => load, key, rules: { ...RULES, budgetThousandths: 10_000 } });
        const before = await reports.read(asked('2026-03-01'));
        load = isIn ? others.map((count, at) => count + request[at]!) : others;
        const after = await reports.read(asked('2026-03-02'));
        scores.push(request.reduce((sum, count, at) => sum + count * (after.layers[0]!.load[at]! - before.layers[0]!.load[at]!), 0));
      }
      return scores;
    };
    const auc = areaUnderCurve(await differences(true), await differences(false))!;
    expect(auc.value).toBeLessThan(0.75);
    // Exact sums give it away whole, however many requests are in both: the minimum of requests is no defence.
    expect(others.map((count, at) => count + request[at]! - count)).toEqual(request);
  });
});
