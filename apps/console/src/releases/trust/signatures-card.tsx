import { useQuery } from '@tanstack/react-query';
import { getModelSignaturePolicyOptions, getSignaturePolicyOptions, listSignaturesOptions, listTrustedKeysOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { shortId } from '../../ui/format.ts';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';

const STANDINGS: Readonly<Record<string, { readonly tone: Tone; readonly words: string }>> = {
  valid: { tone: 'ok', words: 'valid' },
  'key-unknown': { tone: 'warn', words: 'key not trusted' },
  'key-revoked': { tone: 'bad', words: 'key revoked' },
  'not-valid': { tone: 'bad', words: 'not valid' },
};
export const LEVELS = { off: 'Nothing must be signed.', releases: 'Each release must be signed by a trusted key.', components: 'Each component version must be signed by a trusted key.' } as const;

/** Who signed a release or a component version, and whether that counts now. */
export function SignaturesCard({ kind, digest, model }: { readonly kind: 'release' | 'component'; readonly digest: string; /** Whose policy holds; undefined: that of the installation is told. */ readonly model?: string }) {
  const query = useQuery(listSignaturesOptions({ path: { kind, digest } }));
  const keys = useQuery(listTrustedKeysOptions({ query: { limit: 200 } })).data?.items ?? [];
  const ofModel = useQuery({ ...getModelSignaturePolicyOptions({ path: { model: model ?? '' } }), enabled: model !== undefined }).data;
  const ofAll = useQuery({ ...getSignaturePolicyOptions(), enabled: model === undefined }).data;
  const inForce = (ofModel ?? ofAll)?.inForce;
  return (
    <Card title="Signatures" lead={inForce === undefined ? undefined : LEVELS[inForce]} isFlush>
      <div className="px-4 empty:hidden">{query.data === undefined && <Loaded query={query}>{() => null}</Loaded>}</div>
      {query.data !== undefined && (
        <DataTable
          caption="Signatures and their standing"
          rows={query.data.items}
          rowKey={({ id }) => id}
          empty={<p className="px-4 pb-3 text-sm text-ink-soft">Nobody has signed it. Sign it with the command: signalbox sign {kind} {shortId(digest)}… --key KEY-FILE</p>}
          columns={[
            { id: 'key', header: 'Key', isRowHeader: true, cell: ({ keyId }) => <span title={keyId}>{keys.find((key) => key.keyId === keyId)?.name ?? shortId(keyId)}</span> },
            { id: 'standing', header: 'Now', cell: ({ standing, detail }) => <Badge tone={STANDINGS[standing]?.tone} title={detail ?? undefined}>{STANDINGS[standing]?.words ?? standing}</Badge> },
            { id: 'by', header: 'Attached by', cell: ({ addedBy }) => <AccountName account={addedBy} /> },
            { id: 'at', header: 'Attached', cell: ({ verifiedAt }) => <Time at={verifiedAt} /> },
          ]}
        />
      )}
    </Card>
  );
}
