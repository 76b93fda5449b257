import { expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { decideSigned, refusalText, type SignatureFinding, subjectsToSign } from './decide-signed.ts';

const manifest = { components: { backbone: 'b', 'expert/0/1': 'e' } } as unknown as ReleaseManifest;
const valid: SignatureFinding = { standing: 'valid', keyId: 'k' };
const revoked: SignatureFinding = { standing: 'key-revoked', keyId: 'old', detail: 'its key old was revoked' };

it('asks for nothing where it is off', () => {
  expect(decideSigned('off', subjectsToSign('off', 'r', manifest), new Map())).toEqual({ allowed: true, reason: 'not-required' });
});

it('asks for the release, or for every component', () => {
  expect([...subjectsToSign('releases', 'r', manifest)]).toEqual([['r', null]]);
  const wanted = subjectsToSign('components', 'r', manifest);
  expect(decideSigned('components', wanted, new Map([['b', [valid]], ['r', [valid]]]))).toMatchObject({ allowed: false, reason: 'unsigned', component: 'expert/0/1' });
  expect(decideSigned('components', wanted, new Map([['b', [valid]], ['e', [valid]]]))).toEqual({ allowed: true, reason: 'signed' });
});

it('takes one valid signature among others, and else names what is wrong with its remedy', () => {
  const wanted = subjectsToSign('releases', 'r', manifest);
  expect(decideSigned('releases', wanted, new Map([['r', [revoked, valid]]])).allowed).toBe(true);
  const decision = decideSigned('releases', wanted, new Map([['r', [revoked]]]));
  expect(decision).toMatchObject({ allowed: false, reason: 'key-revoked', component: null });
  expect(refusalText('releases', decision)).toMatch(/the release has no valid signature.*key old was revoked.*still trusted/);
});
