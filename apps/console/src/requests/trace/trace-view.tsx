import { useSearch } from '@tanstack/react-router';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useMemo, useState } from 'react';
import { type Trace } from '../../api/gen/types.gen.ts';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { TextField, SelectField } from '../../ui/fields.tsx';
import { findText, MAX_MATCHES } from './find-text.ts';
import { TokenDetail } from './token-detail.tsx';
import { TokenText } from './token-text.tsx';
import { TRACE_HEADER, traceCsv } from './trace-rows.ts';
import { type TraceSearch } from './trace-search.ts';

/** One part of a trace: the text coloured by expert, and all that is known of the token that is chosen. */
export function TraceView({ trace }: { readonly trace: Trace }) {
  const { layer: wanted = 0, rank: wantedRank = 0, labels = false } = useSearch({ strict: false }) as TraceSearch;
  const setSearch = useSetSearch();
  const [chosen, setChosen] = useState(0);
  const [words, setWords] = useState('');
  const layer = Math.min(wanted, trace.layers - 1);
  const rank = Math.min(wantedRank, trace.topK - 1);
  const matches = useMemo(() => findText(trace.tokens.map(({ text }) => text ?? ''), words), [trace, words]);
  const at = matches.findIndex(({ first, last }) => first <= chosen && chosen <= last);
  const goTo = (step: 1 | -1): void => {
    const next = step === 1 ? (matches.find(({ first }) => first > chosen) ?? matches[0]) : (matches.findLast(({ last }) => last < chosen) ?? matches.at(-1));
    if (next !== undefined) setChosen(next.first);
  };
  const token = trace.tokens[chosen];
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-end gap-3">
        <SelectField name="layer" label="Layer" className="w-24" value={layer} onChange={(event) => setSearch({ layer: event.target.value === '0' ? undefined : Number(event.target.value) })} choices={numbers(trace.layers, String)} />
        <SelectField name="rank" label={`Of the ${trace.topK} experts`} className="w-40" value={rank} onChange={(event) => setSearch({ rank: event.target.value === '0' ? undefined : Number(event.target.value) })} choices={numbers(trace.topK, (k) => (k === 0 ? 'Largest gate' : `${k + 1}${['th', 'st', 'nd', 'rd'][k + 1] ?? 'th'} by gate`))} />
        <Button aria-pressed={labels} variant={labels ? 'primary' : 'plain'} onClick={() => setSearch({ labels: labels ? undefined : true })}>
          Expert numbers
        </Button>
        <div className="flex items-end gap-1.5">
          <TextField
            name="words" label="Find in these tokens" type="search" className="w-48" value={words} onChange={(event) => setWords(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              goTo(event.shiftKey ? -1 : 1);
            }}
          />
          <Button aria-label="Match before" disabled={matches.length === 0} icon={<ChevronUp size={14} aria-hidden />} onClick={() => goTo(-1)} />
          <Button aria-label="Next match" disabled={matches.length === 0} icon={<ChevronDown size={14} aria-hidden />} onClick={() => goTo(1)} />
          <span role="status" className="pb-2 text-xs text-ink-soft">
            {words === '' ? '' : matches.length === 0 ? 'not found' : `${at === -1 ? '' : `${at + 1} of `}${matches.length === MAX_MATCHES ? `${MAX_MATCHES} or more` : matches.length}`}
          </span>
        </div>
      </div>
      <ChartFrame label={`Tokens by expert in layer ${layer}`} data={{ name: `trace-${trace.request.requestId}`, header: TRACE_HEADER, rows: () => traceCsv(trace.tokens) }}>
        <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
          <TokenText trace={trace} layer={layer} rank={rank} hasLabels={labels} chosen={chosen} matches={matches} onChoose={setChosen} />
          {token !== undefined && <TokenDetail token={token} trace={trace} layer={layer} />}
        </div>
      </ChartFrame>
    </div>
  );
}

function numbers(count: number, label: (value: number) => string) {
  return Array.from({ length: count }, (_, value) => ({ value: String(value), label: label(value) }));
}
