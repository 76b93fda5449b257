import { useMemo, useState } from 'react';
import { type Trace } from '../../api/gen/types.gen.ts';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatCount, formatDuration, formatPercent } from '../../ui/format.ts';
import { NotAllowed } from '../../ui/not-allowed.tsx';
import { Failed, Loading } from '../../ui/states.tsx';
import { LayerBars } from './layer-bars.tsx';
import { diffRouting } from './routing-diff.ts';
import { TokenStrip } from './token-strip.tsx';
import { MAX_ROWS, useTraces } from './use-traces.ts';

/** Where two releases routed the same tokens differently. Nothing is opened before the viewer asks for it. */
export function RoutingCard({ a, b }: { readonly a: string; readonly b: string }) {
  const mayTrace = useMay('traces');
  const [isOpen, setOpen] = useState(false);
  const traces = useTraces(a, b, mayTrace && isOpen);
  return (
    <Card title="Routing" lead="Which experts each release chose for the same tokens.">
      {!mayTrace ? (
        <NotAllowed permission="traces">Routing gives the text away, so traces have a permission of their own.</NotAllowed>
      ) : !isOpen ? (
        <div className="flex flex-wrap items-center gap-3">
          <Button variant="primary" onClick={() => setOpen(true)}>
            Look at both traces
          </Button>
          <p className="text-sm text-ink-soft">Each of the two looks is written to the audit log, with your name.</p>
        </div>
      ) : traces.data !== undefined ? (
        <Differences traces={traces.data} />
      ) : traces.error !== null ? (
        <Failed error={traces.error} onRetry={() => void traces.refetch()} />
      ) : (
        <Loading rows={4} label="Loading the traces, once both are recorded" />
      )}
    </Card>
  );
}

function Differences({ traces: [a, b] }: { readonly traces: readonly [Trace, Trace] }) {
  const diff = useMemo(() => diffRouting(a.tokens, b.tokens), [a, b]);
  const { decisions, differing, first, partsAtRow, rows, layers } = diff;
  const isCut = a.nextOffset !== null || b.nextOffset !== null;
  return (
    <div className="flex flex-col gap-5">
      <Figures>
        <Figure label="Decisions that differ" value={formatPercent(decisions === 0 ? null : differing / decisions, 2)} note={`${formatCount(differing)} of ${formatCount(decisions)}`} definition="A decision is the set of experts of one token in one layer. Tokens are compared as long as both texts are the same." />
        <Figure label="First divergence" value={first === null ? 'none' : `token ${first.row}, layer ${first.layer}`} note={first === null ? 'every decision is the same' : (rows[first.row]?.text ?? undefined)} definition="The first token, and in it the first layer, whose experts differ." />
        <Figure label="Tokens compared" value={formatCount(rows.length)} note={partsAtRow === null ? 'all that both ran' : `the texts part at token ${partsAtRow}`} definition="Tokens with the same text before them in both runs. The last token of an answer runs through no layer." />
        <Figure label="Duration, as recorded" value={`${formatDuration(a.request.durationMs)} / ${formatDuration(b.request.durationMs)}`} note="release A / release B" definition="Admission to end, as the server recorded it." />
      </Figures>
      {isCut && <p className="text-xs text-warn">Only the first {MAX_ROWS} tokens of each are compared.</p>}
      {decisions > 0 && (
        <>
          <LayerBars layers={layers} />
          <TokenStrip rows={rows} layers={layers.length} />
        </>
      )}
    </div>
  );
}
