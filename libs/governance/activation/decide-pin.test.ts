import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS, type Permission } from '../access/permissions.ts';
import { decidePin, PIN_PERMISSIONS } from './decide-pin.ts';

const LOADED = 'a'.repeat(64);
const isLoaded = (releaseId: string): boolean => releaseId === LOADED;

describe('decidePin', () => {
  it('leaves a request that names no release alone, whoever asks', () => {
    expect(decidePin({ releaseId: null, permissions: [], isLoaded })).toEqual({ decision: 'assign', reason: 'not-pinned' });
  });

  it.each(PIN_PERMISSIONS)('pins to a loaded release for who may %s', (permission) => {
    expect(decidePin({ releaseId: LOADED, permissions: ['inference', permission], isLoaded })).toEqual({ decision: 'pin', reason: 'loaded', releaseId: LOADED });
  });

  it('refuses others before it looks, a name that is no release, and one that is not loaded', () => {
    expect(decidePin({ releaseId: LOADED, permissions: ['inference', 'read', 'traces', 'approve', 'administer'], isLoaded })).toEqual({ decision: 'refuse', reason: 'not-permitted' });
    expect(decidePin({ releaseId: 'x', permissions: ['inference'], isLoaded })).toEqual({ decision: 'refuse', reason: 'not-permitted' });
    expect(decidePin({ releaseId: 'latest', permissions: ['operate'], isLoaded })).toEqual({ decision: 'refuse', reason: 'malformed' });
    expect(decidePin({ releaseId: 'b'.repeat(64), permissions: ['operate'], isLoaded })).toEqual({ decision: 'refuse', reason: 'not-loaded' });
  });

  it('never pins to what is not loaded, nor for who lacks the permission', () => {
    fc.assert(
      fc.property(fc.option(fc.constantFrom(LOADED, 'b'.repeat(64), '', 'stable')), fc.subarray([...PERMISSIONS]), (releaseId, permissions: readonly Permission[]) => {
        const { decision } = decidePin({ releaseId, permissions, isLoaded });
        const may = permissions.some((permission) => (PIN_PERMISSIONS as readonly Permission[]).includes(permission));
        expect(decision).toBe(releaseId === null ? 'assign' : may && releaseId === LOADED ? 'pin' : 'refuse');
      }),
    );
  });
});
