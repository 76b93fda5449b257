import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getSuiteOptions, listEvaluationsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type EvaluationSuite } from '../../api/gen/types.gen.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Page } from '../../ui/page.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { fieldsOf, inWords, listOf } from '../result/fields.ts';
import { gateInWords } from '../suite/suite-result.ts';
import { DeleteSuiteDialog } from './delete-suite-dialog.tsx';

/** One suite: its tasks, how they are judged, and their gates. */
export function SuitePage() {
  const { digest } = useParams({ from: '/shell/evaluations/suites/$digest' });
  const query = useQuery({ ...getSuiteOptions({ path: { digest } }), staleTime: Infinity });
  return (
    <Page title={query.data?.name ?? 'Suite'} lead={<BackLink label="Suites" to="/evaluations/suites" />} actions={query.data && <Actions suite={query.data} />}>
      <Loaded query={query} rows={8}>
        {(suite) => <Found suite={suite} />}
      </Loaded>
    </Page>
  );
}

function Actions({ suite: { digest, name } }: { readonly suite: EvaluationSuite }) {
  const mayStart = useMay('propose');
  const [isAsking, setAsking] = useState(false);
  if (!mayStart) return null;
  return (
    <>
      <Button variant="danger" onClick={() => setAsking(true)}>
        Delete…
      </Button>
      <ButtonLink to="/evaluations/new" search={{ suite: digest }}>
        Run it…
      </ButtonLink>
      {isAsking && <DeleteSuiteDialog digest={digest} name={name} onClose={() => setAsking(false)} />}
    </>
  );
}

function Found({ suite: { digest, description, createdAt, suite } }: { readonly suite: EvaluationSuite }) {
  const runs = useQuery(listEvaluationsOptions({ query: { suite: digest, limit: 1 } })).data?.items.length;
  return (
    <>
      <Card>
        {description !== '' && <p className="max-w-prose text-sm whitespace-pre-wrap wrap-anywhere">{description}</p>}
        <p className="mt-2 flex flex-wrap items-center gap-x-3 text-xs text-ink-soft">
          <ShortId id={digest} what="digest of the suite" />
          <span>
            kept <Time at={createdAt} />
          </span>
        </p>
        <p className="mt-2">
          <ButtonLink size="small" to="/evaluations" search={{ suite: digest }}>
            {runs === 0 ? 'No runs yet' : 'Its runs'}
          </ButtonLink>
        </p>
      </Card>
      <Card title="Tasks" lead="Each asks the items of one dataset. A gate is a bound that a metric must keep." isFlush>
        <DataTable
          caption="Tasks of the suite"
          rows={suite.tasks}
          rowKey={({ id }) => id}
          columns={[
            { id: 'id', header: 'Task', isRowHeader: true, cell: ({ id }) => <span className="font-medium wrap-anywhere">{id}</span> },
            { id: 'kind', header: 'Kind', cell: ({ kind }) => <Badge>{kind}</Badge> },
            { id: 'gates', header: 'Gates', cell: ({ gates }) => <Gates gates={listOf(gates)} /> },
            { id: 'grader', header: 'Judged by', isSecondary: true, cell: ({ grader }) => <Grader grader={grader} /> },
            { id: 'dataset', header: 'Items', cell: ({ dataset }) => <ShortId id={dataset} what="digest of the dataset" /> },
          ]}
        />
      </Card>
    </>
  );
}

function Gates({ gates }: { readonly gates: readonly unknown[] }) {
  if (gates.length === 0) return <span className="text-ink-soft">none: it only measures</span>;
  return (
    <ul className="flex flex-col gap-0.5">
      {gates.map((gate, at) => (
        <li key={at} className="wrap-anywhere">
          {gateInWords(fieldsOf(gate))}
        </li>
      ))}
    </ul>
  );
}

/** Longest part of a setting that is shown; the API has all of it. */
const SHOWN = 120;

function Grader({ grader }: { readonly grader: unknown }) {
  const settings = Object.entries(fieldsOf(grader));
  if (settings.length === 0) return <span className="text-ink-soft">the usual way of its kind</span>;
  return (
    <dl className="grid max-w-lg grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-xs">
      {settings.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-soft">{inWords(name)}</dt>
          <dd className="font-mono wrap-anywhere">{shortened(typeof value === 'string' ? value : JSON.stringify(value))}</dd>
        </div>
      ))}
    </dl>
  );
}

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
