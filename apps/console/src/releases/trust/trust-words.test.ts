import { expect, it } from 'vitest';
import { policyInWords, revocationInWords, type ServingRelease } from './trust-words.ts';

const [KEY, OTHER, RELEASE] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const key = { keyId: KEY, name: 'the training team' };
const release = (part: Partial<ServingRelease>): ServingRelease => ({ model: 'tiny', releaseId: RELEASE, level: 'releases', signatures: [{ keyId: KEY, standing: 'valid' }], ...part });

it('names each release that only the revoked key signed', () => {
  expect(revocationInWords(key, [release({})])).toContainEqual(expect.stringMatching(/^tiny: no other trusted key signed its stable release cccccccccc/));
  expect(revocationInWords(key, [release({ signatures: [{ keyId: KEY, standing: 'valid' }, { keyId: OTHER, standing: 'valid' }] })]).join(' ')).not.toContain('tiny');
  // A signature of a key that does not count does not help.
  expect(revocationInWords(key, [release({ signatures: [{ keyId: OTHER, standing: 'key-revoked' }] })]).join(' ')).toContain('tiny: no other');
});

it('says that nothing is refused where nothing has to be signed', () => {
  const words = revocationInWords(key, [release({ level: 'off' })]);
  expect(words[0]).toContain('the training team (aaaaaaaaaa)');
  expect(words[1]).toContain('No model that answers asks for signatures now');
  expect(words).toHaveLength(4);
});

it('warns of a policy that no key can fulfil', () => {
  expect(policyInWords('releases', null, { installation: 'off', trustedKeys: 0 }).join(' ')).toContain('no release can be loaded');
  expect(policyInWords('off', 'tiny', { installation: 'releases', trustedKeys: 0 })).toEqual(['Nothing has to be signed, for releases of tiny that are loaded from now on.', 'What is loaded goes on serving.']);
  expect(policyInWords(null, 'tiny', { installation: 'components', trustedKeys: 1 })[0]).toMatch(/^tiny follows the installation.*Each component version/);
});
