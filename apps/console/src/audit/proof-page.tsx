import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { getAuditKeyOptions, listAuditCheckpointsInfiniteOptions, listAuditOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { PlainLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Figure, Figures } from '../ui/figure.tsx';
import { byCursor, itemsOf, PagedTable } from '../ui/paged-table.tsx';
import { CopyButton, ShortId } from '../ui/short-id.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { AuditFrame, useMayAudit } from './audit-frame.tsx';

/** What proves the log, and the log as a file. */
export function ProofPage() {
  const mayAudit = useMayAudit();
  const key = useQuery({ ...getAuditKeyOptions(), enabled: mayAudit });
  const newest = useQuery({ ...listAuditOptions({ query: { limit: 1 } }), enabled: mayAudit });
  const checkpoints = useInfiniteQuery({ ...listAuditCheckpointsInfiniteOptions(), ...byCursor, enabled: mayAudit });
  const [latest] = itemsOf(checkpoints.data);
  const lastSeq = newest.data?.items[0]?.seq ?? null;
  const unsigned = lastSeq === null || checkpoints.data === undefined ? null : Math.max(0, lastSeq - (latest?.treeSize ?? 0));
  return (
    <AuditFrame title="Proof and export" lead="Entries are chained by their hashes, and checkpoints of the chain are signed: who changes an entry afterwards is found out.">
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Card title="The chain" lead="As the server sees it.">
          <Figures>
            <Figure label="Entries in the chain" value={lastSeq ?? 'none'} definition="Position of the newest entry." />
            <Figure label="Covered by a checkpoint" value={latest?.treeSize ?? 'none yet'} note={latest && <>signed <Time at={latest.at} as="relative" /></>} />
            <Figure label="Not covered yet" value={unsigned ?? 'not known'} tone={unsigned === 0 ? 'ok' : 'neutral'} note="signed within a minute or so" definition="Entries after the newest checkpoint." />
          </Figures>
        </Card>
        <Card title="The signing key" lead="Note its fingerprint down where the operators of the database cannot change it.">
          <Loaded query={key} rows={3}>
            {({ keyId, noteVerifierKey }) => (
              <dl className="flex flex-col gap-2 text-sm">
                <Secretless name="Fingerprint (SHA-256 of the public key)" value={keyId} />
                <Secretless name="For tools that verify C2SP signed notes" value={noteVerifierKey} />
              </dl>
            )}
          </Loaded>
        </Card>
      </div>
      <Export keyId={key.data?.keyId ?? null} />
      <Card title="Checkpoints" lead="Each signs the root of a Merkle tree over the entries up to it." isFlush>
        <PagedTable
          caption="Signed checkpoints"
          query={checkpoints}
          rowKey={({ treeSize, keyId }) => `${treeSize}/${keyId}`}
          columns={[
            { id: 'size', header: 'Entries', isRowHeader: true, align: 'right', cell: ({ treeSize }) => treeSize },
            { id: 'at', header: 'Signed', cell: ({ at }) => <Time at={at} as="full" /> },
            { id: 'root', header: 'Root', cell: ({ root }) => <ShortId id={root} what="root" /> },
            { id: 'key', header: 'Key', cell: ({ keyId }) => <ShortId id={keyId} what="fingerprint" /> },
          ]}
          empty={<Empty title="Nothing is signed yet">The first checkpoint comes a minute after the first entry, at the latest.</Empty>}
        />
      </Card>
    </AuditFrame>
  );
}

function Secretless({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt className="text-xs text-ink-soft">{name}</dt>
      <dd className="flex items-center gap-1 font-mono text-xs wrap-anywhere">
        {value}
        <CopyButton text={value} label={`Copy: ${name}`} />
      </dd>
    </div>
  );
}

function Export({ keyId }: { readonly keyId: string | null }) {
  const command = `signalbox audit verify signalbox-audit.ndjson --key ${keyId ?? '<fingerprint>'}`;
  return (
    <Card
      title="Export"
      lead="The whole log with its checkpoints, as lines of JSON. The export is itself an entry of the log."
      actions={
        <PlainLink variant="primary" size="small" icon={<Download size={14} aria-hidden />} href="/api/v1/audit/export" download>
          Export the log
        </PlainLink>
      }
    >
      <p className="text-sm">Verify the file on a machine of your own: the command needs no server, and says what it proved and what it could not.</p>
      <div className="mt-2 flex items-center gap-2 rounded-md border border-line bg-raised py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 py-1 font-mono text-xs wrap-anywhere">{command}</code>
        <CopyButton text={command} label="Copy the command" />
      </div>
      <p className="mt-2 text-xs text-ink-soft">
        Give it the copy of <code className="font-mono">audit-witness.ndjson</code> from the home of the server with <code className="font-mono">--witness</code>, and your last export with <code className="font-mono">--since</code>: without them it cannot see that the end was cut off.
      </p>
    </Card>
  );
}
