import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { listTraces } from '../../api/gen/sdk.gen.ts';
import { type RecordedRequest } from '../../api/gen/types.gen.ts';
import { Button } from '../../ui/button.tsx';
import { saveCsv } from '../../ui/save-csv.ts';
import { tellDone, tellFailed } from '../../ui/toasts.tsx';
import { type Order, type requestQuery } from '../request-search.ts';

/** So many requests are saved at most, in the list's order. */
const MAX_ROWS = 10_000;
const PAGE_ROWS = 200;
const HEADER = ['admitted', 'request', 'model', 'release', 'tenant', 'task', 'language', 'status', 'prompt tokens', 'completion tokens', 'queue ms', 'first token ms', 'duration ms', 'flags', 'pinned', 'data rules generation', 'masked experts'];

/** Saves the list as it is filtered, up to a bound that it names. */
export function ExportRequests({ query, order }: { readonly query: ReturnType<typeof requestQuery>; readonly order: Order }) {
  const save = useMutation({
    mutationFn: async () => {
      const rows: RecordedRequest[] = [];
      let cursor: string | null | undefined;
      do {
        const { data } = await listTraces({ query: { ...query, order, limit: PAGE_ROWS, ...(cursor && { cursor }) } });
        rows.push(...data.items);
        cursor = data.nextCursor;
      } while (cursor !== null && rows.length < MAX_ROWS);
      return { rows, isAll: cursor === null };
    },
    onSuccess: ({ rows, isAll }) => {
      saveCsv('requests', HEADER, rows.map(cells));
      tellDone(`${rows.length.toLocaleString('en')} requests saved`, isAll ? 'These are all that match.' : 'There are more: narrow the time or the filters to save the others.');
    },
    onError: tellFailed,
  });
  return (
    <Button size="small" variant="quiet" title={`Saves what matches, at most ${MAX_ROWS.toLocaleString('en')} requests in this order.`} disabled={save.isPending} icon={<Download size={13} aria-hidden />} onClick={() => save.mutate()}>
      {save.isPending ? 'Saving…' : `CSV, up to ${MAX_ROWS.toLocaleString('en')}`}
    </Button>
  );
}

function cells({ at, requestId, model, releaseId, segment, status, promptTokens, completionTokens, queueWaitMs, timeToFirstTokenMs, durationMs, flags, isPinned, dataRules }: RecordedRequest) {
  return [at, requestId, model, releaseId, segment.tenant, segment.task, segment.language, status, promptTokens, completionTokens, queueWaitMs, timeToFirstTokenMs, durationMs, flags === null ? 'not known' : flags.join(' '), isPinned, dataRules?.generation, dataRules?.maskedExperts];
}
