import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { listAnnotationsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Annotations, type Problem } from '../api/gen/types.gen.ts';
import { type TimeWindow } from '../shell/scope.ts';
import { useMe } from '../session/session.ts';

/** The API's longest page: as many as a chart can carry. */
const LIMIT = 200;

/** What changed about a model in a time, newest first. Nothing for viewers bound to a tenant: it tells of others. */
export function useAnnotations(model: string | null | undefined, { from, to }: Pick<TimeWindow, 'from' | 'to'>): UseQueryResult<Annotations, Problem> {
  const me = useMe();
  return useQuery({ ...listAnnotationsOptions({ query: { ...(model ? { model } : {}), from, to, limit: LIMIT } }), enabled: model !== undefined && me !== undefined && me.tenant === null, placeholderData: (before) => before });
}
