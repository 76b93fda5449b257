import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideNotification, dedupKey, groupLabels, type GroupState } from './group.ts';

const TIMING = { groupWaitMs: 30, groupIntervalMs: 300, repeatIntervalMs: 4000 };
const NEW: GroupState = { openedAtMs: 0, notifiedAtMs: null, toldFiring: [] };

describe('decideNotification', () => {
  it('waits for others, then tells of a new group', () => {
    expect(decideNotification(NEW, { firing: ['a'], resolved: [] }, TIMING, 29)).toEqual({ notify: false, reason: 'waiting-for-others', againAtMs: 30 });
    expect(decideNotification(NEW, { firing: ['a'], resolved: [] }, TIMING, 30)).toEqual({ notify: true, reason: 'new-group' });
    expect(decideNotification(NEW, { firing: [], resolved: ['a'] }, TIMING, 99)).toEqual({ notify: false, reason: 'nothing-new', againAtMs: null });
  });

  it('tells of news after the interval, of nothing new after the repeat interval', () => {
    const told: GroupState = { openedAtMs: 0, notifiedAtMs: 100, toldFiring: ['a'] };
    expect(decideNotification(told, { firing: ['a', 'b'], resolved: [] }, TIMING, 399)).toEqual({ notify: false, reason: 'too-soon', againAtMs: 400 });
    expect(decideNotification(told, { firing: ['a', 'b'], resolved: [] }, TIMING, 400)).toEqual({ notify: true, reason: 'new-alerts' });
    expect(decideNotification(told, { firing: [], resolved: ['a'] }, TIMING, 400)).toEqual({ notify: true, reason: 'resolved' });
    expect(decideNotification(told, { firing: ['a'], resolved: [] }, TIMING, 4099)).toEqual({ notify: false, reason: 'nothing-new', againAtMs: 4100 });
    expect(decideNotification(told, { firing: ['a'], resolved: [] }, TIMING, 4100)).toEqual({ notify: true, reason: 'repeat' });
  });

  it('tells of every end of what it told of, in the end', () => {
    const step = fc.record({ firing: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')), waitMs: fc.nat(500) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let nowMs = 0;
        let state = NEW;
        const seen = new Set<string>();
        const tell = (firing: readonly string[]) => {
          for (const key of firing) seen.add(key);
          const resolved = [...seen].filter((key) => !firing.includes(key));
          if (decideNotification(state, { firing, resolved }, TIMING, nowMs).notify) state = { ...state, notifiedAtMs: nowMs, toldFiring: firing };
        };
        for (const { firing, waitMs } of steps) {
          nowMs += waitMs;
          tell(firing);
        }
        nowMs += 300;
        tell([]);
        expect(state.toldFiring).toEqual([]);
      }),
    );
  });
});

describe('keys', () => {
  it('do not depend on the order of labels, and differ by episode', () => {
    expect(dedupKey('r', { a: '1', b: '2' }, 1)).toBe(dedupKey('r', { b: '2', a: '1' }, 1));
    expect(new Set([dedupKey('r', { a: '1' }, 1), dedupKey('r', { a: '1' }, 2), dedupKey('s', { a: '1' }, 1), dedupKey('r', { a: '1,b' }, 1)]).size).toBe(4);
    expect(groupLabels({ release: 'a', layer: '1' }, ['release', 'segment'])).toEqual({ release: 'a' });
  });
});
