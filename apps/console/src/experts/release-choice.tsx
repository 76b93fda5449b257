import { useQuery } from '@tanstack/react-query';
import { listReleasesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useSetSearch } from '../shell/scope.ts';
import { shortId } from '../ui/format.ts';
import { useExpertSearch } from './place.ts';

/** Newest releases that can be chosen here; others by their address. */
const LIMIT = 50;

/** Which release's traffic and version the page shows. */
export function ReleaseChoice({ model }: { readonly model: string }) {
  const { release } = useExpertSearch();
  const setSearch = useSetSearch();
  const { data } = useQuery(listReleasesOptions({ query: { model, limit: LIMIT } }));
  const ids = [...new Set([...(data?.items.map(({ releaseId }) => releaseId) ?? []), ...(release === undefined ? [] : [release])])];
  return (
    <select aria-label="Release" className="h-8 max-w-64 rounded-md border border-line-strong/60 bg-surface px-2 text-sm" value={release ?? ''} onChange={(event) => setSearch({ release: event.target.value || undefined })}>
      <option value="">All releases</option>
      {ids.map((id) => (
        <option key={id} value={id}>
          {shortId(id)} {data?.items.find(({ releaseId }) => releaseId === id)?.kind ?? ''}
        </option>
      ))}
    </select>
  );
}
