import { describe, expect, it } from 'vitest';
import { bytesOf, parsePlan } from './plan-search.ts';
import { capacityChange, copiesText, placementRows } from './plan-words.ts';

describe('a plan', () => {
  it('is asked for by the address, which keeps what it can mean', () => {
    expect(parsePlan({ devices: 8, memoryGiB: 0.5, copies: 2, release: '5f'.repeat(32) })).toEqual({ devices: 8, memoryGiB: 0.5, copies: 2, release: '5f'.repeat(32) });
    expect(parsePlan({ devices: 0, memoryGiB: -1, copies: 1.5, release: 'x' })).toEqual({});
    expect(bytesOf(0.5)).toBe(536_870_912);
    expect(bytesOf(0)).toBeNull();
  });

  it('has a row for each expert, and says which are copied', () => {
    expect(placementRows([{ layer: 1, devices: [[0], [1, 2]], copied: [] } as never])).toEqual([[1, 0, 1, '0'], [1, 1, 2, '1 2']]);
    expect(copiesText([{ expert: 5, copies: 2 }, { expert: 6, copies: 3 }])).toBe('5 × 2, 6 × 3');
    expect(copiesText([])).toBe('none');
  });

  it('becomes a change request that says what it would have dropped', () => {
    expect(capacityChange('chat', 'reroute', { factor: 1.25, droppedShare: 0.0123, requests: 40 })).toEqual({
      title: 'Capacity factor 1.25, reroute',
      reason: 'Capacity per request, policy reroute. Of 40 recorded requests it would have dropped 1.23% of the selections.',
      change: { type: 'change-routing-settings', model: 'chat', settings: { capacity: { factor: 1.25, policy: 'reroute', scope: 'request' } }, strategy: { kind: 'at-once' } },
    });
  });
});
