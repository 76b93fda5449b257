import { ROLE_PERMISSIONS } from '../access/permissions.ts';

/** Roles whose every permission some scopes name: what a key without an account counts as. `admin` names all but `traces`. */
export function rolesOfScopes(scopes: readonly string[]): readonly string[] {
  return Object.entries(ROLE_PERMISSIONS).flatMap(([role, permissions]) =>
    permissions.every((permission) => scopes.includes(permission) || (permission !== 'traces' && scopes.includes('admin'))) ? [role] : [],
  );
}
