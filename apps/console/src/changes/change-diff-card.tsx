import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getReleaseDiffOptions, listChangePoliciesOptions, listDataRulesHistoryOptions, getChangePolicyOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Change, type ChangePreview, type DataRule } from '../api/gen/types.gen.ts';
import { Card } from '../ui/card.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { formatBytes, shortId } from '../ui/format.ts';
import { CopyButton, ShortId } from '../ui/short-id.tsx';
import { Loading } from '../ui/states.tsx';
import { RuleChanges } from './rule-changes.tsx';
import { TextDiff } from './text-diff.tsx';

type Planned = Pick<Change, 'appliedAt' | 'diff' | 'base' | 'effect' | 'changeDigest' | 'warnings'> | Pick<ChangePreview, 'diff' | 'base' | 'effect' | 'changeDigest' | 'warnings'>;
type ComponentDiff = Change['diff']['components'][number];
type SettingDiff = Change['diff']['settings'][number];

const SHOWN = 200;

function Version({ sha256 }: { readonly sha256: string | null }) {
  if (sha256 === null) return <span className="text-ink-soft">absent</span>;
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-xs">
      <Link to="/releases/components/$sha256" params={{ sha256 }} title={sha256}>
        {shortId(sha256)}
      </Link>
      <CopyButton text={sha256} label="Copy version" />
    </span>
  );
}

const COMPONENTS: readonly Column<ComponentDiff>[] = [
  { id: 'name', header: 'Component', isRowHeader: true, cell: ({ name }) => <span className="font-mono text-xs">{name}</span> },
  { id: 'before', header: 'Before', cell: ({ before }) => <Version sha256={before} /> },
  { id: 'after', header: 'After', cell: ({ after }) => <Version sha256={after} /> },
];
const SETTINGS: readonly Column<SettingDiff>[] = [
  { id: 'field', header: 'Setting', isRowHeader: true, cell: ({ field }) => <span className="font-mono text-xs">{field}</span> },
  { id: 'before', header: 'Before', cell: ({ before }) => <Value of={before} /> },
  { id: 'after', header: 'After', cell: ({ after }) => <Value of={after} /> },
];

function Value({ of }: { readonly of: unknown }) {
  return <span className="wrap-anywhere">{of === undefined || of === null ? 'absent' : typeof of === 'string' ? of : JSON.stringify(of)}</span>;
}

/** What a change replaces by what, and exactly what would be written. `isMade`: whether the release is there already, and not composed when the change is applied. */
export function ChangeDiffCard({ planned, isMade }: { readonly planned: Planned; readonly isMade: boolean }) {
  const { diff, effect, base, changeDigest, warnings } = planned;
  const { kind } = effect;
  return (
    <Card title={'appliedAt' in planned && planned.appliedAt !== null ? 'What was written' : 'What would be written'} lead={diff.summary}>
      <div className="flex flex-col gap-3">
        {warnings.map((warning) => (
          <p key={warning} className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn wrap-anywhere">
            {warning}
          </p>
        ))}
        {diff.components.length > 0 && <DataTable caption="Changed components" columns={COMPONENTS} rows={diff.components.slice(0, SHOWN)} rowKey={({ name }) => name} />}
        {diff.components.length > SHOWN && <p className="text-xs text-ink-soft">The first {SHOWN} of {diff.components.length}; the API gives all.</p>}
        {diff.settings.length > 0 && <DataTable caption="Changed settings" columns={SETTINGS} rows={diff.settings} rowKey={({ field }) => field} />}
        {kind === 'data-rules' && <RuleDiff model={String(effect['model'])} generation={Number(base['dataRulesGeneration'] ?? 0)} after={(effect['rules'] ?? []) as DataRule[]} />}
        {kind === 'policy' && <PolicyDiff version={Number(base['policyVersion'] ?? 0)} after={String(effect['policies'])} />}
        {kind === 'release' && isMade && typeof base['stable'] === 'string' && <Memory releaseId={String(effect['releaseId'])} against={base['stable']} />}
        {kind === 'release' && !isMade && <p className="text-sm text-ink-soft">Memory: known once the release is made, which is when the request is applied.</p>}
        <details className="text-sm">
          <summary className="cursor-pointer text-accent">Exactly, as it is bound by its digest</summary>
          <p className="my-2 flex flex-wrap items-center gap-1 text-xs text-ink-soft">
            SHA-256 of the change <ShortId id={changeDigest} what="digest of the change" />
          </p>
          <pre tabIndex={0} aria-label="Effect and base, as JSON" className="max-h-96 overflow-auto rounded border border-line bg-canvas p-3 text-xs whitespace-pre-wrap wrap-anywhere">
            {JSON.stringify({ effect, base }, null, 2)}
          </pre>
        </details>
      </div>
    </Card>
  );
}

function RuleDiff({ model, generation, after }: { readonly model: string; readonly generation: number; readonly after: readonly DataRule[] }) {
  const history = useQuery({ ...listDataRulesHistoryOptions({ path: { model }, query: { limit: 200 } }), enabled: generation > 0 });
  if (generation > 0 && history.isPending) return <Loading />;
  const before = generation === 0 ? [] : history.data?.items.find((one) => one.generation === generation)?.rules;
  return before === undefined ? <RuleChanges before={[]} after={after} /> : <RuleChanges before={before} after={after} />;
}

function PolicyDiff({ version, after }: { readonly version: number; readonly after: string }) {
  const current = useQuery(getChangePolicyOptions());
  const versions = useQuery(listChangePoliciesOptions({ query: { limit: 200 } }));
  if (current.isPending || versions.isPending) return <Loading />;
  const before = [current.data, ...(versions.data?.items ?? [])].find((one) => one?.version === version)?.policies;
  return before === undefined ? <p className="text-sm text-ink-soft">The policy before it, version {version}, cannot be read here any more.</p> : <TextDiff label="Changed policies" before={before} after={after} />;
}

function Memory({ releaseId, against }: { readonly releaseId: string; readonly against: string }) {
  const query = useQuery({ ...getReleaseDiffOptions({ path: { releaseId }, query: { against } }), retry: false });
  if (query.data === undefined) return null;
  const { memory } = query.data;
  return (
    <p className="text-sm text-ink-soft">
      {memory === null
        ? 'Memory: not known, as a file of the release is missing.'
        : `Memory: ${formatBytes(memory.additionalBytes)} more for ${memory.componentsToLoad} ${memory.componentsToLoad === 1 ? 'component' : 'components'} that no resident release holds, of ${formatBytes(memory.totalBytes)} for all its weights (fp32, in each inference process).`}
    </p>
  );
}
