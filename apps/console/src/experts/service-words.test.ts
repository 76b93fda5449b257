import { describe, expect, it } from 'vitest';
import { type ExpertHealth, type Quarantine } from '../api/gen/types.gen.ts';
import { consequencesOf, ladderWords, outOfService } from './service-words.ts';

const AT = '2026-06-01T00:00:00.000Z';
const quarantine = (expert: number, releaseId: string | null): Quarantine => ({
  id: `id-${expert}`, model: 'm', releaseId, layer: 1, expert, reason: 'r', forced: false, createdAt: AT, createdBy: 'a', createdByName: 'ada', until: null, state: 'in-force', generation: 1, version: 1, endedAt: null, endedBy: null, endedReason: null,
});
const told = (expert: number, state: string, releaseId = 'x') => ({ releaseId, layer: 0, expert, state, reason: 'timeout', since: AT });
const process = (experts: ReturnType<typeof told>[]): ExpertHealth['processes'][number] => ({ processId: 'p', host: 'h', pid: 1, status: 'live', lastSeenAt: AT, quarantineGeneration: 1, experts });

describe('outOfService', () => {
  it('puts orders and failures of a release together, once for each expert', () => {
    const health: ExpertHealth = { model: 'm', generation: 1, quarantines: [quarantine(3, null), quarantine(4, 'other')], processes: [process([told(2, 'open'), told(5, 'quarantined'), told(6, 'open', 'other')]), process([told(2, 'half-open')])] };
    expect(outOfService(health, 'x').map(({ layer, expert, quarantine: order, told: says }) => [layer, expert, order?.id ?? null, says.length])).toEqual([
      [0, 2, null, 2],
      [1, 3, 'id-3', 0],
    ]);
  });
});

describe('what a quarantine does', () => {
  const PLAN = { model: 'm', layer: 3, expert: 5, isEverywhere: true, hours: null, processes: 2, left: 7, topK: 2, ladder: undefined };
  it('is said in full', () => {
    expect(consequencesOf(PLAN)[0]).toBe('Expert 5 of layer 3 gets no more tokens, in every release of m, those to come too, in all 2 live processes, at once.');
    expect(consequencesOf(PLAN).join(' ')).toContain('until somebody lifts it');
    expect(consequencesOf({ ...PLAN, left: 1, hours: 24, isEverywhere: false, processes: 1 }).join(' ')).toMatch(/this release alone, in the live process.*it will be refused.*for 24 hours/);
  });
  it('names the rungs in their order', () => {
    expect(ladderWords(['generalist', 'dense'])).toBe('the generalist of the layer; else another model, which answers the whole request');
  });
});
