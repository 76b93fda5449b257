import { describe, expect, it } from 'vitest';
import { EXPIRY_CHOICES, expiresAt, keyState, sessionState } from './key-expiry.ts';

const NOW_MS = Date.parse('2026-06-01T12:00:00Z');

describe('expiresAt', () => {
  it('adds the days', () => {
    expect(expiresAt('30d', NOW_MS)).toBe('2026-07-01T12:00:00.000Z');
    expect(expiresAt('never', NOW_MS)).toBeUndefined();
  });

  it('knows each choice that is offered', () => {
    expect(EXPIRY_CHOICES.filter(({ value }) => expiresAt(value, NOW_MS) === undefined).map(({ value }) => value)).toEqual(['never']);
  });
});

describe('keyState', () => {
  it.each([
    [{ expiresAt: null, revokedAt: null }, 'valid'],
    [{ expiresAt: null, revokedAt: '2026-05-01T00:00:00Z' }, 'revoked'],
    [{ expiresAt: '2026-06-01T12:00:00Z', revokedAt: null }, 'expired'],
    [{ expiresAt: '2026-06-03T12:00:00Z', revokedAt: null }, 'expires soon'],
    [{ expiresAt: '2026-08-03T12:00:00Z', revokedAt: null }, 'valid'],
  ])('%j is %s', (key, state) => {
    expect(keyState(key, NOW_MS)).toBe(state);
  });
});

describe('sessionState', () => {
  const session = { endedAt: null, expiresAt: '2026-06-01T20:00:00Z', lastSeenAt: '2026-06-01T11:00:00Z' };
  it.each([
    [session, 'open'],
    [{ ...session, endedAt: '2026-06-01T11:30:00Z' }, 'ended'],
    [{ ...session, expiresAt: '2026-06-01T11:30:00Z' }, 'over'],
    [{ ...session, lastSeenAt: '2026-06-01T09:00:00Z' }, 'unused for too long'],
  ])('%j is %s', (one, state) => {
    expect(sessionState(one, NOW_MS, 7_200_000)).toBe(state);
  });
});
