import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode } from 'react';
import { ShieldCheck, ShieldQuestion } from 'lucide-react';
import { getAuditEntryOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type AuditEntry, type AuditProof } from '../api/gen/types.gen.ts';
import { Card } from '../ui/card.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { AuditFrame, useMayAudit } from './audit-frame.tsx';
import { actorName } from './audit-search.ts';
import { textOfState } from './state-diff.ts';
import { StateDiff } from './state-diff-table.tsx';
import { SubjectLink } from './subject-link.tsx';

/** One entry: who did what, what changed by it, and what proves it. */
export function EntryPage() {
  const { entryId } = useParams({ strict: false }) as { readonly entryId: string };
  const query = useQuery({ ...getAuditEntryOptions({ path: { entryId } }), enabled: useMayAudit() });
  return (
    <AuditFrame title={`Audit entry ${entryId}`}>
      <Loaded query={query} rows={8}>
        {({ entry, proof }) => (
          <>
            <What entry={entry} />
            {(entry.before !== null || entry.after !== null) && (
              <Card title="What changed" isFlush>
                <StateDiff before={entry.before} after={entry.after} />
              </Card>
            )}
            <Proof entry={entry} proof={proof} />
          </>
        )}
      </Loaded>
    </AuditFrame>
  );
}

function What({ entry }: { readonly entry: AuditEntry }) {
  const name = actorName(entry.details);
  const more = typeof entry.details === 'object' && entry.details !== null ? Object.entries(entry.details).filter(([key]) => key !== 'actorName') : [];
  return (
    <Card title={<span className="font-mono">{entry.action}</span>}>
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        <Row name="When">
          <Time at={entry.at} as="full" />
        </Row>
        <Row name="Who">
          {name !== null && <span className="mr-2 font-medium">{name}</span>}
          <Code>{entry.actor}</Code>
          <More>
            <Link to="/audit" search={{ actor: entry.actor, whole: true }}>
              All entries by it
            </Link>
          </More>
        </Row>
        <Row name="To what">
          <Code>{entry.subject}</Code>
          <More>
            <SubjectLink subject={entry.subject}>Open it</SubjectLink>
            <Link to="/audit" search={{ subject: entry.subject, whole: true }}>
              All entries on it
            </Link>
          </More>
        </Row>
        {entry.reason !== null && <Row name="Why">{entry.reason}</Row>}
        {entry.requestId !== null && (
          <Row name="API request">
            <Code>{entry.requestId}</Code>
            <More>
              <Link to="/audit" search={{ requestId: entry.requestId, whole: true }}>
                All that it did
              </Link>
            </More>
          </Row>
        )}
        {more.map(([key, value]) => (
          <Row key={key} name={key}>
            <Code>{textOfState(value)}</Code>
          </Row>
        ))}
      </dl>
    </Card>
  );
}

function Code({ children }: { readonly children: ReactNode }) {
  return <span className="font-mono text-xs wrap-anywhere">{children}</span>;
}

/** Where to go from a fact. */
function More({ children }: { readonly children: ReactNode }) {
  return <span className="ml-3 inline-flex flex-wrap gap-x-3 text-xs">{children}</span>;
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-ink-soft">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}

function Proof({ entry, proof }: AuditProof) {
  return (
    <Card title="What proves it">
      <p className="flex items-start gap-2.5 text-sm">
        {proof === null ? <ShieldQuestion size={18} className="shrink-0 text-warn" aria-hidden /> : <ShieldCheck size={18} className="shrink-0 text-ok" aria-hidden />}
        {proof === null ? (
          <span>{entry.seq === null ? 'It stands outside the chain: a version without the chain wrote it.' : 'No signed checkpoint covers it yet; one is signed a minute after the first entry without one, at the latest.'}</span>
        ) : (
          <span>
            It is entry {entry.seq} of the chain. The checkpoint over {proof.checkpoint.treeSize} entries, signed <Time at={proof.checkpoint.at} />, covers it; the server gives {proof.path.length} hashes that lead from it to the signed root.
          </span>
        )}
      </p>
      <dl className="mt-3 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        {entry.hash !== null && <Row name="Hash"><ShortId id={entry.hash} what="hash" /></Row>}
        {entry.previousHash !== null && <Row name="Hash of the entry before"><ShortId id={entry.previousHash} what="hash of the entry before" /></Row>}
        {proof !== null && <Row name="Signed root"><ShortId id={proof.checkpoint.root} what="root" /></Row>}
        {proof !== null && <Row name="Signing key"><ShortId id={proof.checkpoint.keyId} what="fingerprint" /></Row>}
      </dl>
      <p className="mt-3 text-xs text-ink-soft">This page believes the server. To believe nobody, <Link to="/audit/proof" className="underline">export the log</Link> and verify it on another machine.</p>
    </Card>
  );
}
