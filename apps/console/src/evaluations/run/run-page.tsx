import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getEvaluationOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Evaluation } from '../../api/gen/types.gen.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { useMay } from '../../session/session.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { AttributionView } from '../attribution/attribution-view.tsx';
import { ConcentrationView } from '../concentration/concentration-view.tsx';
import { PrivacyView } from '../privacy/privacy-view.tsx';
import { RecalibrationView } from '../recalibration/recalibration-view.tsx';
import { hasEnded, kindLabel } from '../run-words.ts';
import { SuiteView } from '../suite/suite-view.tsx';
import { CancelDialog } from './cancel-dialog.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { ProvenanceCard } from './provenance-card.tsx';
import { RawCard } from './raw-card.tsx';
import { VerdictCard } from './verdict-card.tsx';

const LIVE_MS = 1000;

/** One run: its verdict first, then what it stands on, then how to get it again. */
export function RunPage() {
  const { evaluationId } = useParams({ from: '/shell/evaluations/$evaluationId' });
  const query = useQuery({ ...getEvaluationOptions({ path: { evaluationId } }), refetchInterval: ({ state }) => (state.data !== undefined && !hasEnded(state.data) ? LIVE_MS : false) });
  const run = query.data;
  return (
    <Page title={run === undefined ? 'Evaluation' : `${kindLabel(run.kind)} · ${run.suiteName}`} lead={<BackLink label="Evaluations" to="/evaluations" />} actions={run && <Actions run={run} />}>
      <Loaded query={query} rows={10}>
        {(one) => (
          <>
            <VerdictCard run={one} />
            {one.result !== null && <Findings run={one} />}
            <ProvenanceCard run={one} />
            {one.result !== null && <RawCard run={one} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ run }: { readonly run: Evaluation }) {
  const mayStart = useMay('propose');
  const [asking, setAsking] = useState<'cancel' | 'delete' | null>(null);
  const { kind, candidate, reference, suite } = run;
  if (!mayStart) return null;
  return (
    <>
      {hasEnded(run) ? (
        <>
          <Button variant="danger" onClick={() => setAsking('delete')}>
            Delete…
          </Button>
          <ButtonLink to="/evaluations/new" search={{ kind, candidate, suite, ...(reference !== null && { reference }) }}>
            Start one like it
          </ButtonLink>
        </>
      ) : (
        <Button variant="danger" onClick={() => setAsking('cancel')}>
          Cancel…
        </Button>
      )}
      {asking === 'cancel' && <CancelDialog run={run} onClose={() => setAsking(null)} />}
      {asking === 'delete' && <DeleteDialog run={run} onClose={() => setAsking(null)} />}
    </>
  );
}

function Findings({ run }: { readonly run: Evaluation }) {
  const { kind, result, measured } = run;
  switch (kind) {
    case 'suite':
      return <SuiteView result={result} measured={measured} />;
    case 'attribution':
      return <AttributionView result={result} />;
    case 'concentration':
      return <ConcentrationView run={run} />;
    case 'privacy':
      return <PrivacyView result={result} />;
    case 'recalibration':
      return <RecalibrationView result={result} />;
    default:
      return null;
  }
}
