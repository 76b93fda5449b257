import { useQuery } from '@tanstack/react-query';
import { getRolesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type CheckboxChoice } from '../ui/checkbox-list.tsx';

/** Roles and permissions in words; they change with a new version only. */
export function useRoles() {
  return useQuery({ ...getRolesOptions(), staleTime: Infinity });
}

/** The scopes that a key can be limited to, of those that are allowed. */
export function useScopeChoices(allowed: readonly string[] | 'all'): readonly CheckboxChoice[] {
  const permissions = useRoles().data?.permissions ?? [];
  const named = permissions.filter(({ permission }) => allowed === 'all' || allowed.includes(permission)).map(({ permission, meaning }) => ({ value: permission, label: permission, hint: meaning }));
  return allowed === 'all' ? [...named, { value: 'admin', label: 'admin', hint: 'All of these but traces, which must be named.' }] : named;
}

export function useRoleChoices(): readonly CheckboxChoice[] {
  const roles = useRoles().data?.roles ?? [];
  return roles.map(({ role, meaning }) => ({ value: role, label: role, hint: meaning }));
}
