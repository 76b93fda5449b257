import { describe, expect, it } from 'vitest';
import { isMasked, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { ExpertRecords } from './expert-records.ts';
import { DEFAULT_HEALTH_LIMITS, type HealthLimits } from './health-limits.ts';
import { type ExpertChange, ReleaseHealth } from './release-health.ts';

const SHAPE = { layers: 2, experts: 4 };
const LIMITS: HealthLimits = { ...DEFAULT_HEALTH_LIMITS, firstProbeMs: 100, minimumExperts: 2 };

function components(change: Readonly<Record<string, string>> = {}): Record<string, string> {
  const names = Array.from({ length: 8 }, (_, at) => `expert/${Math.floor(at / 4)}/${at % 4}`);
  return { ...Object.fromEntries(names.map((name) => [name, `bytes of ${name}`])), ...change };
}

function release(records: ExpertRecords, change: Readonly<Record<string, string>> = {}, changes: ExpertChange[] = []): ReleaseHealth {
  return new ReleaseHealth({ ...SHAPE, components: components(change) }, LIMITS, records, 0, (one) => changes.push(one));
}

describe('ReleaseHealth', () => {
  it('takes an expert out of service and probes it back', () => {
    const changes: ExpertChange[] = [];
    const health = release(new ExpertRecords(), {}, changes);
    expect(health.unavailable).toBeNull();
    health.fail(1, 2, 'error', 10);
    expect(isMasked(health.unavailable!, 1, 2)).toBe(true);
    expect(health.openings).toBe(1);
    expect(health.dueProbe(109)).toBeNull();
    expect(health.dueProbe(110)).toEqual({ layer: 1, expert: 2 });
    health.probed(1, 2, null, 1, 0.1, 110);
    health.probed(1, 2, null, 1, 0.1, 210);
    expect(health.unavailable).toBeNull();
    expect(changes.map(({ state, reason }) => [state, reason])).toEqual([
      ['open', 'error'],
      ['half-open', 'error'],
      ['closed', null],
    ]);
  });

  it('joins quarantine and health, and keeps them apart when one ends', () => {
    const health = release(new ExpertRecords());
    const mask = newExpertMask(2, 4);
    maskExpert(mask, 0, 1);
    health.quarantine(mask, 5);
    health.fail(0, 1, 'not-finite', 6);
    health.quarantine(null, 7);
    expect(isMasked(health.unavailable!, 0, 1)).toBe(true);
    for (const atMs of [106, 206]) health.probed(0, 1, null, 1, 0.1, atMs);
    expect(health.unavailable).toBeNull();
  });

  it('shares the health of a component version between releases, and of no other', () => {
    const records = new ExpertRecords();
    const [one, other] = [release(records), release(records, { 'expert/0/0': 'other bytes' })];
    one.fail(0, 0, 'error', 0);
    one.fail(0, 1, 'error', 0);
    expect([isMasked(other.unavailable!, 0, 0), isMasked(other.unavailable!, 0, 1)]).toEqual([false, true]);
    one.dispose();
    other.dispose();
    expect(release(records).unavailable).toBeNull();
  });

  it('names layers with fewer experts than the limit', () => {
    const health = release(new ExpertRecords());
    for (const expert of [0, 1]) health.fail(1, expert, 'error', 0);
    expect(health.exhaustedLayers).toEqual([]);
    health.fail(1, 2, 'error', 0);
    expect(health.exhaustedLayers).toEqual([1]);
  });

  it('counts a slow probe against an expert that was slow, and against no other', () => {
    const health = release(new ExpertRecords());
    for (let strike = 0; strike < LIMITS.timeoutsToOpen; strike++) health.ran(0, 0, 1, LIMITS.timeoutMs + 1, strike);
    health.fail(0, 1, 'error', 0);
    const slowMs = LIMITS.timeoutMs + 1;
    for (const expert of [0, 1]) health.probed(0, expert, null, 1, slowMs, 300);
    expect(health.state().broken.map(({ expert, circuit }) => [expert, circuit.state, circuit.reason])).toEqual([
      [0, 'open', 'timeout'],
      [1, 'half-open', 'error'],
    ]);
    expect(health.state().failures).toMatchObject({ timeout: LIMITS.timeoutsToOpen + 1, error: 1 });
  });

  it('patrols experts that serve, each in turn', () => {
    const health = release(new ExpertRecords());
    health.fail(0, 2, 'error', 0);
    const seen = Array.from({ length: 7 }, () => health.nextPatrol()!).map(({ layer, expert }) => `${layer}/${expert}`);
    expect(seen).toEqual(['0/0', '0/1', '0/3', '1/0', '1/1', '1/2', '1/3']);
  });
});
