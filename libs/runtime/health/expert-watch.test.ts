import { afterEach, describe, expect, it, vi } from 'vitest';
import { ExpertRecords } from './expert-records.ts';
import { ExpertWatch, type ProbeOutcome } from './expert-watch.ts';
import { DEFAULT_HEALTH_LIMITS } from './health-limits.ts';
import { ReleaseHealth } from './release-health.ts';

const LIMITS = { ...DEFAULT_HEALTH_LIMITS, firstProbeMs: 100, patrolMs: 50 };

afterEach(() => {
  vi.useRealTimers();
});

function watch(outcomeOf: (place: string) => ProbeOutcome): { readonly health: ReleaseHealth; readonly probed: string[]; readonly watch: ExpertWatch } {
  vi.useFakeTimers();
  const components = { 'expert/0/0': 'a', 'expert/0/1': 'b', 'expert/0/2': 'c', 'expert/0/3': 'd' };
  const health = new ReleaseHealth({ layers: 1, experts: 4, components }, LIMITS, new ExpertRecords(), Date.now());
  const probed: string[] = [];
  const probe = async (layer: number, expert: number): Promise<ProbeOutcome> => {
    probed.push(`${layer}/${expert}`);
    return outcomeOf(`${layer}/${expert}`);
  };
  return { health, probed, watch: new ExpertWatch({ health, limits: LIMITS, probe, now: Date.now }) };
}

const WELL: ProbeOutcome = { failure: null, tokens: 1, durationMs: 0.1 };

describe('ExpertWatch', () => {
  it('finds a corrupt expert on its round, and takes it back when its numbers are right again', async () => {
    let isCorrupt = true;
    const { health, watch: running } = watch((place) => (place === '0/2' && isCorrupt ? { ...WELL, failure: 'wrong-output' } : WELL));
    await vi.advanceTimersByTimeAsync(200);
    expect(health.state().broken).toMatchObject([{ expert: 2, circuit: { reason: 'wrong-output' } }]);
    isCorrupt = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(health.unavailable).toBeNull();
    await running.stop();
  });

  it('rests 99 times as long as a round probe took', async () => {
    const { probed, watch: running } = watch(() => ({ ...WELL, durationMs: 10 }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(probed).toEqual(['0/0', '0/1', '0/2']);
    await running.stop();
  });

  it('takes a suspect out of service where it is slow beside its peers, and not where all are', async () => {
    for (const isMachine of [false, true]) {
      const { health, watch: running } = watch((place) => ({ ...WELL, durationMs: isMachine || place === '0/1' ? 30 : 0.5 }));
      for (let run = 0; run < 40; run++) for (const expert of [0, 1, 2, 3]) health.ran(0, expert, 1, expert === 1 ? 30 : 0.5, Date.now());
      expect(health.nextSuspect()).toEqual({ layer: 0, expert: 1 });
      expect(health.unavailable).toBeNull();
      await vi.advanceTimersByTimeAsync(200);
      expect(health.nextSuspect()).toBeNull();
      expect(health.state().broken.map(({ expert, circuit }) => [expert, circuit.reason])).toEqual(isMachine ? [] : [[1, 'slow']]);
      await running.stop();
    }
  });

  it('probes nothing once it is stopped', async () => {
    const { probed, watch: running } = watch(() => WELL);
    await running.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(probed).toEqual([]);
  });
});
