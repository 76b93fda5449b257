import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { getActivationOptions, getReleaseOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useModel } from '../shell/scope.ts';
import { Page } from '../ui/page.tsx';
import { Empty, Failed, Loading } from '../ui/states.tsx';
import { ExpertNav } from './expert-nav.tsx';
import { indexOf } from './expert-search.ts';
import { FiguresCard } from './figures-card.tsx';
import { PartnersCard } from './partners-card.tsx';
import { type Place, useExpertSearch } from './place.ts';
import { ProtectionCard } from './protection-card.tsx';
import { ReleaseChoice } from './release-choice.tsx';
import { RulesCard } from './rules-card.tsx';
import { ServiceCard } from './service-card.tsx';
import { ShareCard } from './share-card.tsx';
import { SignalsCard } from './signals-card.tsx';
import { UsersCard } from './users-card.tsx';
import { VersionCard } from './version-card.tsx';
import { VersionsCard } from './versions-card.tsx';

/** One expert: how busy, how fast, how good, for whom, with whom, in which version and under which rules. */
export function ExpertPage() {
  const { layer, expert } = useParams({ strict: false });
  const model = useModel();
  const at = { layer: indexOf(layer), expert: indexOf(expert) };
  const title = `Expert ${expert} of layer ${layer}`;
  if (model === null) {
    return (
      <Page title={title}>
        <Empty title="No model is served yet">Import a checkpoint and activate its release to see its experts.</Empty>
      </Page>
    );
  }
  return (
    <Page title={title} lead={model === undefined ? undefined : <Lead model={model} />} actions={model === undefined ? undefined : <ReleaseChoice model={model} />}>
      {at.layer === null || at.expert === null ? <NoSuch /> : model === undefined ? <Loading rows={8} /> : <Located key={model} model={model} layer={at.layer} expert={at.expert} />}
    </Page>
  );
}

function Lead({ model }: { readonly model: string }) {
  const { release } = useExpertSearch();
  return (
    <>
      {model}, {release === undefined ? 'all its releases together where traffic is counted, and the one that answers for the rest' : `release ${release.slice(0, 10)}`}.
    </>
  );
}

function NoSuch() {
  return <Empty title="There is no such expert">Layers and experts are counted from 0. Choose one on the routing map.</Empty>;
}

/** What of a manifest is needed here; the API passes it on as it is stored. */
interface Manifest {
  readonly components: Readonly<Record<string, string>>;
  readonly shape: { readonly layers: number; readonly experts: number };
  readonly routing: { readonly topK: number; readonly fallback?: { readonly ladder?: readonly string[] } };
}

function Located({ model, layer, expert }: Pick<Place, 'model' | 'layer' | 'expert'>) {
  const { release } = useExpertSearch();
  const activation = useQuery({ ...getActivationOptions({ path: { model } }), enabled: release === undefined });
  const releaseId = release ?? activation.data?.releaseId ?? undefined;
  const manifest = useQuery({ ...getReleaseOptions({ path: { releaseId: releaseId ?? '' } }), enabled: releaseId !== undefined, staleTime: Infinity });
  const error = activation.error ?? manifest.error;
  if (error !== null) return <Failed error={error} onRetry={() => void (activation.error ? activation.refetch() : manifest.refetch())} />;
  if (activation.data !== undefined && releaseId === undefined) return <Empty title="No release answers for this model">Activate one, or choose a release above.</Empty>;
  if (manifest.data === undefined || releaseId === undefined) return <Loading rows={8} />;
  const { components, shape, routing } = manifest.data.manifest as unknown as Manifest;
  if (layer >= shape.layers || expert >= shape.experts) return <NoSuch />;
  const place: Place = { model, layer, expert, layers: shape.layers, experts: shape.experts, topK: routing.topK, releaseId, sha256: components[`expert/${layer}/${expert}`], ladder: routing.fallback?.ladder };
  return (
    <>
      <ExpertNav place={place} />
      <FiguresCard place={place} />
      <ShareCard place={place} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <ServiceCard place={place} />
          <ProtectionCard place={place} />
          <UsersCard place={place} />
          <SignalsCard place={place} />
          <RulesCard place={place} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <PartnersCard place={place} />
          <VersionsCard place={place} />
          {place.sha256 !== undefined && <VersionCard sha256={place.sha256} />}
        </div>
      </div>
    </>
  );
}
