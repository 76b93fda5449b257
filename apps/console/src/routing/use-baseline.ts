import { useQuery } from '@tanstack/react-query';
import { listBaselinesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useMe } from '../session/session.ts';

const MOST_LOOKED_AT = 200;

/** Whether a baseline of a model is in force; undefined until known. Viewers bound to a tenant cannot list them, so there it is taken to be. */
export function useHasBaseline(model: string): boolean | undefined {
  const me = useMe();
  const isBound = me?.tenant !== null;
  const { data } = useQuery({ ...listBaselinesOptions({ query: { model, state: 'ready', limit: MOST_LOOKED_AT } }), enabled: !isBound });
  if (me === undefined) return undefined;
  return isBound ? true : data?.items.some(({ inForce }) => inForce);
}
