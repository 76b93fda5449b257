import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAdminLoss } from './last-admin.ts';
import { decideOwnKey, reachBeyond } from './own-key.ts';
import { PERMISSIONS, permissionsOf, ROLES } from './permissions.ts';
import { type SessionFacts, sessionState } from './session-life.ts';
import { decideSignIn } from './sign-in.ts';
import { decideTenantReach } from './tenant-reach.ts';

describe('roles', () => {
  it('give what each alone gives, together, and traces only by name', () => {
    fc.assert(
      fc.property(fc.subarray([...ROLES]), (roles) => {
        const together = permissionsOf(roles);
        expect(together).toEqual(PERMISSIONS.filter((permission) => roles.some((role) => permissionsOf([role]).includes(permission))));
        expect(together.includes('traces')).toBe(roles.includes('trace-reader'));
        expect(together.includes('administer')).toBe(roles.includes('admin'));
      }),
    );
  });
});

describe('decideTenantReach', () => {
  it('never lets a bound caller reach beyond its tenant, other than what belongs to none', () => {
    const label = fc.constantFrom('a', 'b', '');
    fc.assert(
      fc.property(fc.option(label), fc.constantFrom('own', 'shared', 'none'), fc.option(label), (bound, tenancy, asked) => {
        const decision = decideTenantReach(bound, tenancy, asked);
        const isOther = asked !== null && asked !== bound;
        const expected =
          bound === null
            ? { reach: 'all', reason: 'not-bound' }
            : tenancy === 'shared'
              ? { reach: 'all', reason: 'shared' }
              : tenancy === 'none' || isOther
                ? { reach: 'none', reason: tenancy === 'none' ? 'not-for-tenants' : 'other-tenant' }
                : { reach: 'own', reason: asked === null ? 'forced' : 'own', tenant: bound };
        expect(decision).toEqual(expected);
      }),
    );
  });
});

describe('sessionState', () => {
  const OPEN: SessionFacts = { lastSeenAtMs: 100, expiresAtMs: 1000, revokedAtMs: null, isDisabled: false, keyEnded: null };
  it.each([
    ['open', {}, 149],
    ['idle', {}, 150],
    ['expired', { lastSeenAtMs: 999 }, 1000],
    ['revoked', { revokedAtMs: 1 }, 101],
    ['account-disabled', { isDisabled: true }, 101],
    ['key-ended', { keyEnded: 'revoked' }, 101],
  ] as const)('is %s', (state, over, nowMs) => {
    expect(sessionState({ ...OPEN, ...over }, 50, nowMs)).toBe(state);
  });
});

it('decideAdminLoss names the last way in', () => {
  const way = { accountId: null, by: 'key' } as const;
  expect([decideAdminLoss([way], []), decideAdminLoss([way, way], [way]), decideAdminLoss([], [])]).toEqual(['last-admin', 'some-remain', 'none-before']);
});

describe('decideOwnKey', () => {
  it('never lets a key do what the caller may not', () => {
    const some = fc.subarray([...PERMISSIONS]);
    fc.assert(
      fc.property(some, some, some, fc.boolean(), (rolesAllow, scopes, named, namesAdmin) => {
        const callerMay = rolesAllow.filter((permission) => scopes.includes(permission));
        const decision = decideOwnKey({ kind: 'user', hasAccount: true, callerMay, rolesAllow, named, namesAdmin });
        const keyMay = rolesAllow.filter((permission) => named.includes(permission) || (namesAdmin && permission !== 'traces'));
        expect(decision.reason === 'within-reach' && reachBeyond(keyMay, callerMay) !== null).toBe(false);
        if (decision.reason === 'beyond-caller') expect(callerMay).not.toContain(decision.permission);
      }),
    );
  });

  it('is for users with an account', () => {
    const facts = { callerMay: ['read'], rolesAllow: ['read'], named: ['read'], namesAdmin: false } as const;
    expect(decideOwnKey({ ...facts, kind: 'service', hasAccount: true }).reason).toBe('not-a-user');
    expect(decideOwnKey({ ...facts, kind: 'user', hasAccount: false }).reason).toBe('not-a-user');
    expect(decideOwnKey({ ...facts, kind: 'user', hasAccount: true }).reason).toBe('within-reach');
  });
});

describe('decideSignIn', () => {
  const OPEN = { roleClaim: null, roleMap: {}, emailDomains: [] } as const;
  const claims = { email: 'a@example.org', isEmailVerified: true, groups: ['ops', 'constructor', 3] };
  const facts = { claims, known: null, prepared: null };

  it('gives somebody new no role unless the settings map one', () => {
    expect(decideSignIn(facts, OPEN)).toEqual({ outcome: 'enter', reason: 'new', roles: [] });
    expect(decideSignIn(facts, { ...OPEN, roleClaim: 'groups', roleMap: { ops: ['operator', 'viewer'] } })).toMatchObject({ roles: ['viewer', 'operator'] });
    expect(decideSignIn({ ...facts, claims: { ...claims, groups: 'ops' } }, { ...OPEN, roleClaim: 'groups', roleMap: { ops: ['auditor'] } })).toMatchObject({ roles: ['auditor'] });
  });

  it('leaves roles given here alone where none are mapped', () => {
    expect(decideSignIn({ ...facts, known: { isDisabled: false } }, OPEN)).toEqual({ outcome: 'enter', reason: 'known', roles: null });
  });

  it('takes an account over by a verified address only', () => {
    const prepared = { isDisabled: false };
    expect(decideSignIn({ ...facts, prepared }, OPEN)).toMatchObject({ reason: 'prepared' });
    expect(decideSignIn({ ...facts, prepared, claims: { ...claims, isEmailVerified: false } }, OPEN)).toMatchObject({ reason: 'new' });
  });

  it.each([
    ['account-disabled', { known: { isDisabled: true } }, OPEN],
    ['account-disabled', { prepared: { isDisabled: true } }, OPEN],
    ['email-not-verified', { claims: { ...claims, email: null } }, { ...OPEN, emailDomains: ['example.org'] }],
    ['domain-not-allowed', { claims: { ...claims, email: 'a@example.org.evil' } }, { ...OPEN, emailDomains: ['example.org'] }],
    ['domain-not-allowed', { claims: { ...claims, email: 'a@sub.example.org' } }, { ...OPEN, emailDomains: ['example.org'] }],
  ] as const)('refuses: %s', (reason, over, settings) => {
    expect(decideSignIn({ ...facts, ...over }, settings)).toEqual({ outcome: 'refuse', reason });
  });
});
