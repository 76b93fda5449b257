import { useQuery } from '@tanstack/react-query';
import { getProtectedExpertOptions, listProtectedExpertsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ProtectedExpert } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';

/** Longest page of the API. */
const PAGE = 200;

interface Protection {
  /** null: it is not protected; undefined: not known yet. */
  readonly data: ProtectedExpert | null | undefined;
  readonly error: unknown;
  readonly refetch: () => void;
}

/** How an expert is protected. Looked up in the list, and asked for by itself only where the list has further pages. */
export function useProtection(model: string, layer: number, expert: number): Protection {
  const list = useQuery(listProtectedExpertsOptions({ path: { model }, query: { limit: PAGE } }));
  const listed = list.data?.items.find((one) => one.layer === layer && one.expert === expert);
  const isBeyond = list.data !== undefined && listed === undefined && list.data.nextCursor !== null;
  const single = useQuery({ ...getProtectedExpertOptions({ path: { model, layer, expert } }), enabled: isBeyond });
  if (!isBeyond) return { data: list.data === undefined ? undefined : (listed ?? null), error: list.error, refetch: () => void list.refetch() };
  const isFree = single.error instanceof Problem && single.error.status === 404;
  return { data: isFree ? null : single.data, error: isFree ? null : single.error, refetch: () => void single.refetch() };
}
