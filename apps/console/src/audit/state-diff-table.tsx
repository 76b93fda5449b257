import { Minus, Pencil, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { diffState, type FieldDiff } from './state-diff.ts';

const LOOKS = {
  added: { tone: 'ok', icon: <Plus size={12} aria-hidden /> },
  removed: { tone: 'bad', icon: <Minus size={12} aria-hidden /> },
  changed: { tone: 'warn', icon: <Pencil size={12} aria-hidden /> },
  same: { tone: 'neutral', icon: undefined },
} as const;

/** The state before and after, field by field; what stayed the same is shown on request. */
export function StateDiff({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const [isWhole, setWhole] = useState(false);
  const fields = useMemo(() => diffState(before, after), [before, after]);
  const same = fields.filter(({ kind }) => kind === 'same').length;
  return (
    <>
      <DataTable
        caption="The state before and after"
        rows={isWhole ? fields : fields.filter(({ kind }) => kind !== 'same')}
        rowKey={({ path }) => path}
        columns={[
          { id: 'path', header: 'Field', isRowHeader: true, cell: ({ path }) => <span className="font-mono text-xs wrap-anywhere">{path === '' ? 'state' : path}</span> },
          { id: 'kind', header: 'What happened', cell: ({ kind }) => <Badge tone={LOOKS[kind].tone} icon={LOOKS[kind].icon}>{kind}</Badge> },
          { id: 'before', header: 'Before', cell: ({ before: text, kind }) => <Value text={text} isGone={kind === 'changed' || kind === 'removed'} /> },
          { id: 'after', header: 'After', cell: ({ after: text }) => <Value text={text} /> },
        ]}
        empty={<p className="px-4 py-3 text-sm text-ink-soft">No field differs.</p>}
      />
      {same > 0 && (
        <div className="px-4 py-2">
          <Button size="small" variant="quiet" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Hide what stayed the same' : `Show ${same === 1 ? 'the field' : `the ${same} fields`} that stayed the same`}
          </Button>
        </div>
      )}
    </>
  );
}

function Value({ text, isGone = false }: { readonly text: FieldDiff['before']; readonly isGone?: boolean }) {
  if (text === null) return <span className="text-ink-soft">not there</span>;
  return <span className={`font-mono text-xs whitespace-pre-wrap wrap-anywhere ${isGone ? 'text-ink-soft line-through' : ''}`}>{text}</span>;
}
