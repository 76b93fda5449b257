import { useMe } from '../session/session.ts';

/** Whether the viewer may keep accounts and keys: who is bound to a tenant may not. */
export function useMayAdminister(): boolean {
  const me = useMe();
  return me !== undefined && me.tenant === null && me.permissions.includes('administer');
}
