import { type Activation } from '../../api/gen/types.gen.ts';

/** What each release that an activation names does. */
export function rolesOf(activation: Pick<Activation, 'releaseId' | 'previousRelease' | 'canary' | 'shadow'> | undefined): ReadonlyMap<string, readonly string[]> {
  const roles = new Map<string, string[]>();
  const add = (releaseId: string | null | undefined, role: string): void => {
    if (releaseId !== null && releaseId !== undefined) roles.set(releaseId, [...(roles.get(releaseId) ?? []), role]);
  };
  add(activation?.releaseId, 'stable');
  add(activation?.canary?.releaseId, 'canary');
  add(activation?.shadow?.releaseId, 'shadow');
  add(activation?.previousRelease, 'way back');
  return roles;
}
