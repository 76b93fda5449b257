import { expect, it } from 'vitest';
import { DEFAULT_POLICIES } from '#libs/policy-engine/default-policies';
import { policyParts } from './policy-parts.ts';

it('lists the statements of the policy that ships, without those in comments', () => {
  const parts = policyParts(DEFAULT_POLICIES);
  expect(parts.map(({ id }) => id)).toEqual(expect.arrayContaining(['anyone-submits', 'approvers-approve', 'two-approvals', 'freeze']));
  expect(parts.map(({ id }) => id)).not.toContain('no-shared-issuer');
  expect(parts.find(({ id }) => id === 'evaluation')).toEqual({ id: 'evaluation', effect: 'forbid', message: 'Attach an evaluation of the release.' });
  expect(policyParts('permit (principal, action, resource);')).toEqual([{ id: 'policy 1', effect: 'permit', message: null }]);
});
