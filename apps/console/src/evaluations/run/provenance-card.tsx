import { Link } from '@tanstack/react-router';
import { FileText } from 'lucide-react';
import { type ReactNode } from 'react';
import { type Evaluation } from '../../api/gen/types.gen.ts';
import { PlainLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CopyButton, ShortId } from '../../ui/short-id.tsx';
import { commandOf } from './command.ts';

const REPORTS = [
  ['markdown', 'Markdown'],
  ['junit', 'JUnit XML'],
  ['text', 'Text'],
] as const;

/** What the run stands on, by digest, and how anybody gets the same again. */
export function ProvenanceCard({ run }: { readonly run: Evaluation }) {
  const { id, spec, suite, suiteName, candidate, reference, settings, resultSha256 } = run;
  const command = commandOf(run);
  const chosen = Object.entries(settings);
  return (
    <Card
      title="What it stands on"
      lead="Every input is named by its digest. A run of the same spec has the same result, to the bit."
      actions={
        resultSha256 !== null &&
        REPORTS.map(([format, label]) => (
          <PlainLink key={format} size="small" href={`/api/v1/evaluations/${id}/report?format=${format}`} target="_blank" rel="noopener" icon={<FileText size={13} aria-hidden />}>
            {label}
          </PlainLink>
        ))
      }
    >
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-4 gap-y-0.5 text-sm [&_dt]:text-ink-soft">
        <Row name="Suite">
          <Link to="/evaluations/suites/$digest" params={{ digest: suite }} className="wrap-anywhere">
            {suiteName}
          </Link>{' '}
          <ShortId id={suite} what="digest of the suite" />
        </Row>
        <Row name="Candidate"><ShortId id={candidate} what="candidate" /></Row>
        {reference !== null && <Row name="Reference"><ShortId id={reference} what="reference" /></Row>}
        <Row name="Spec"><ShortId id={spec} what="digest of the spec" /></Row>
        {resultSha256 !== null && <Row name="Result"><ShortId id={resultSha256} what="digest of the result" /></Row>}
        <Row name="Settings">{chosen.length === 0 ? 'the defaults' : <span className="font-mono text-xs wrap-anywhere">{chosen.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')}</span>}</Row>
      </dl>
      <p id="reproduce" className="mt-3 text-xs font-medium text-ink-soft">
        The same from a terminal
      </p>
      <div className="mt-1 flex items-start gap-1 rounded border border-line bg-canvas p-2">
        <code tabIndex={0} aria-labelledby="reproduce" className="min-w-0 flex-1 overflow-x-auto font-mono text-xs whitespace-pre-wrap wrap-anywhere">
          {command}
        </code>
        <CopyButton text={command} label="Copy the command" />
      </div>
    </Card>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="flex min-w-0 flex-wrap items-center gap-2">{children}</dd>
    </>
  );
}
