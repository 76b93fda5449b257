import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { getActivationOptions, getReleaseOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ReleaseManifest } from '../../api/gen/types.gen.ts';
import { CaptureLevel } from '../../overview/capture-level.tsx';
import { useMay } from '../../session/session.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { shortId } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { BackLink } from '../back-link.tsx';
import { byGroup, settingText } from '../change-words.ts';
import { ComponentLink, ReleaseLink } from '../release-link.tsx';
import { RoleBadges } from '../role-badges.tsx';
import { SignaturesCard } from '../trust/signatures-card.tsx';
import { useNeedsApproval, useReleases } from '../serving/use-serving.ts';
import { LineageGraph } from './lineage-graph.tsx';
import { rolesOf } from './roles.ts';
import { UsesCard } from './uses-card.tsx';

/** Components of a part that are listed. */
const SHOWN = 300;
/** Parts of the manifest that are shown elsewhere on the page. */
const NOT_A_SETTING: ReadonlySet<string> = new Set(['format', 'model', 'architecture', 'components']);

/** One release: what it is made of, where it serves and what is said of it. */
export function ReleasePage() {
  const { releaseId } = useParams({ from: '/shell/releases/$releaseId' });
  const query = useQuery(getReleaseOptions({ path: { releaseId } }));
  const model = query.data?.manifest.model;
  return (
    <Page title={`Release ${shortId(releaseId)}`} lead={<BackLink label="Releases" to="/releases/list" />} actions={query.data && model !== undefined && <Actions release={query.data} model={model} />}>
      <Loaded query={query} rows={10}>
        {(release) => <Content release={release} />}
      </Loaded>
    </Page>
  );
}

function Actions({ release: { releaseId, parent }, model }: { readonly release: ReleaseManifest; readonly model: string }) {
  const mayOperate = useMay('operate');
  const mayRegister = useMay('registry');
  const needsApproval = useNeedsApproval(model);
  const activation = useQuery(getActivationOptions({ path: { model } })).data;
  const stable = activation?.releaseId ?? null;
  const against = parent ?? (stable === releaseId ? null : stable);
  const serves = rolesOf(activation).get(releaseId) ?? [];
  const isFree = mayOperate && activation !== undefined && !serves.includes('stable') && !serves.includes('canary');
  return (
    <>
      {against !== null && (
        <ButtonLink to="/releases/compare" search={{ a: against, b: releaseId }}>
          {parent === null ? 'Compare with what serves' : 'Compare with its parent'}
        </ButtonLink>
      )}
      {mayRegister && (
        <ButtonLink to="/releases/derivations" search={{ model, release: releaseId }}>
          Derive from it
        </ButtonLink>
      )}
      {mayRegister && (
        <ButtonLink to="/releases/new" search={{ base: releaseId }}>
          Compose from it
        </ButtonLink>
      )}
      {isFree && needsApproval && (
        <ButtonLink variant="primary" to="/changes/new" search={{ model, kind: 'activate', release: releaseId }}>
          Open a change request
        </ButtonLink>
      )}
      {isFree && !needsApproval && activation.canary === null && (
        <>
          <ButtonLink to="/releases/rollouts/new" search={{ model, candidate: releaseId }}>
            Start a rollout…
          </ButtonLink>
          {stable !== null && (
            <ButtonLink variant="primary" to="/releases" search={{ model, command: 'start-canary', release: releaseId }}>
              Start a canary…
            </ButtonLink>
          )}
        </>
      )}
    </>
  );
}

function Content({ release }: { readonly release: ReleaseManifest }) {
  const { releaseId, createdAt, createdBy, parent, kind, summary, note, manifest } = release;
  const { model } = manifest;
  const releases = useReleases(model) ?? [];
  const activation = useQuery(getActivationOptions({ path: { model } })).data;
  const roles = rolesOf(activation);
  const components = Object.entries(manifest.components).map(([name, sha256]) => ({ name, sha256: String(sha256) }));
  return (
    <>
      <Card>
        <Figures>
          <Figure label="Release id" value={<ShortId id={releaseId} what="release id" />} definition="SHA-256 of the canonical JSON of its manifest." />
          <Figure label="Model" value={model} />
          <Figure label="Serves as" value={roles.has(releaseId) ? <RoleBadges roles={roles.get(releaseId) ?? []} /> : <span className="text-sm font-normal text-ink-soft">nothing now</span>} />
          <Figure label="Kind" value={kind === null ? 'first release' : `${kind} release`} definition="What it changes against its parent." />
          <Figure label="Made from" value={parent === null ? 'none' : <ReleaseLink releaseId={parent} />} />
          <Figure label="Made" value={<span className="text-sm"><Time at={createdAt} /></span>} note={createdBy === null ? undefined : <>by <AccountName account={createdBy} /></>} />
          <Figure label="Capture" value={<CaptureLevel model={model} />} definition="What is kept of requests to its model." />
          <Figure label="Components" value={components.length} note={manifest.architecture} />
        </Figures>
        {summary !== '' && <p className="mt-3 text-sm wrap-anywhere">{summary}</p>}
        {note !== '' && <p className="mt-1 text-sm wrap-anywhere text-ink-soft">{note}</p>}
      </Card>
      <UsesCard releaseId={releaseId} />
      {releases.length > 1 && (
        <Card title="Lineage">
          <LineageGraph model={model} releases={releases} roles={roles} current={releaseId} />
        </Card>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Card title="Settings" isFlush>
          <DataTable
            caption="Settings of the manifest"
            rows={settingsOf(manifest)}
            rowKey={({ field }) => field}
            columns={[
              { id: 'field', header: 'Setting', isRowHeader: true, cell: ({ field }) => <span className="font-mono text-xs">{field}</span> },
              { id: 'value', header: 'Value', cell: ({ value }) => <span className="wrap-anywhere">{settingText(value)}</span> },
            ]}
          />
        </Card>
        <SignaturesCard kind="release" digest={releaseId} model={model} />
      </div>
      {byGroup(components).map(({ group, components: members }) => (
        <Card key={group} title={`${group} (${members.length})`}>
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] gap-x-4 gap-y-1">
            {members.slice(0, SHOWN).map(({ name, sha256 }) => (
              <li key={name} className="flex items-baseline justify-between gap-2 text-xs">
                <span className="font-mono">{name}</span>
                <ComponentLink sha256={sha256} />
              </li>
            ))}
          </ul>
          {members.length > SHOWN && <p className="mt-2 text-xs text-ink-soft">The first {SHOWN} of {members.length}; the API has all of them.</p>}
        </Card>
      ))}
    </>
  );
}

/** Settings one level deep, by their path in the manifest. */
function settingsOf(manifest: Readonly<Record<string, unknown>>): readonly { readonly field: string; readonly value: unknown }[] {
  return Object.entries(manifest)
    .filter(([field]) => !NOT_A_SETTING.has(field))
    .flatMap(([field, value]) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value).map(([part, one]) => ({ field: `${field}.${part}`, value: one as unknown })) : [{ field, value }]));
}
