import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbout, partnersOf, rankOf, rulesNaming, ruleText, shareOverTime, usersOf } from './expert-figures.ts';

const group = (name: string, load: readonly number[], requests = 5) => ({ group: name, requests, layers: [{ layer: 2, tokens: 0, load: [...load], share: [], gateMass: [], flagged: { dropped: 0, rerouted: 0, masked: 0, fallback: 0 } }] });

describe('usersOf', () => {
  it('tells how much more a group uses an expert than all do', () => {
    const groups = [group('code', [30, 10]), group('chat', [30, 30]), { group: 'rare', withheld: { reason: 'fewer_than_min_requests' as const, minRequests: 20 } }];
    const [chat, code, ...rest] = usersOf({ groups }, 1);
    // 40 of 100 selections go to expert 1: half of those of chat, a quarter of those of code.
    expect(chat).toEqual({ group: 'chat', requests: 5, share: 0.5, lift: 1.25, ofExpert: 0.75, ofAll: 0.6 });
    expect(code).toMatchObject({ group: 'code', share: 0.25, lift: 0.625, ofExpert: 0.25, ofAll: 0.4 });
    expect(rest).toEqual([]);
  });

  it('weighs to 1: shares of groups sum to 1, and lifts by size average 1', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 100 }), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 }), (loads) => {
        const users = usersOf({ groups: loads.map((load, at) => group(`g${at}`, load)) }, 0);
        fc.pre(users.some(({ ofExpert }) => ofExpert > 0));
        const total = (pick: (user: (typeof users)[number]) => number): number => users.reduce((sum, user) => sum + pick(user), 0);
        expect(total(({ ofExpert }) => ofExpert)).toBeCloseTo(1);
        expect(total(({ ofAll }) => ofAll)).toBeCloseTo(1);
        expect(total(({ lift, ofAll }) => (lift ?? 0) * ofAll)).toBeCloseTo(1);
      }),
    );
  });

  it('has no lift for an expert that nobody uses', () => {
    expect(usersOf({ groups: [group('code', [3, 0])] }, 1)[0]).toMatchObject({ share: 0, lift: null, ofExpert: 0 });
  });
});

it('partnersOf leaves the expert itself out, most frequent first', () => {
  expect(partnersOf([[1, 0.2, 0.8], null, [0.5, 0.5, 1]], 0)).toEqual([{ expert: 2, share: 0.8 }, { expert: 1, share: 0.2 }]);
  expect(partnersOf([[1, 0.2, 0.8], null, [0.5, 0.5, 1]], 1)).toEqual([]);
});

it('rankOf gives equal ones the better place', () => {
  expect([0, 1, 2].map((expert) => rankOf([5, 7, 5], expert))).toEqual([2, 1, 2]);
});

it('shareOverTime breaks where there was no traffic, and shows what it is compared with', () => {
  const bucket = (minute: number, share: number[]) => ({ at: new Date(minute * 60_000).toISOString(), layers: [{ layer: 0, entropyBits: 1, interval: null, maxViolation: null, share }] });
  const timeline = { model: 'm', releases: [], window: { from: '', to: '' }, experts: 2, topK: 1, step: 'minute' as const, buckets: [bucket(1, [0.25, 0.75]), bucket(5, [0.5, 0.5]), { at: new Date(6 * 60_000).toISOString() }] };
  expect(shareOverTime(timeline, 1, null)).toEqual({
    atMs: [60_000, 120_000, 300_000, 360_000],
    series: [{ label: 'expert 1', values: [0.75, null, 0.5, null] }, { label: 'even share', values: [0.5, 0.5, 0.5, 0.5], isReference: true }],
  });
  expect(shareOverTime(timeline, 1, 0.6).series[1]).toMatchObject({ label: 'baseline', values: [0.6, 0.6, 0.6, 0.6] });
});

describe('data rules', () => {
  const rule = { id: 'eu', expert: 'expert/2/5', effect: 'allow-only' as const, regions: ['eu', 'ch'], tenants: ['acme'] };

  it('name an expert by its place or by its version', () => {
    const byVersion = { ...rule, id: 'v', expert: `sha256:${'a'.repeat(64)}` };
    expect(rulesNaming([rule, byVersion], 'expert/2/5', 'a'.repeat(64)).map(({ id }) => id)).toEqual(['eu', 'v']);
    expect(rulesNaming([rule, byVersion], 'expert/2/6', undefined)).toEqual([]);
  });

  it('read as sentences', () => {
    expect(ruleText(rule)).toBe('serves only requests with tenant acme and region eu or ch');
    expect(ruleText({ id: 'no', expert: 'expert/0/1', effect: 'deny' })).toBe('never serves requests with any label');
  });
});

it('isAbout compares labels whatever their type', () => {
  expect(isAbout({ layer: '2', expert: '5' }, 2, 5)).toBe(true);
  expect(isAbout({ layer: '2' }, 2, 5)).toBe(false);
});
