import { type ActivationState, type ReleasePart } from '#libs/governance/activation/activation-state';
import { decideCompatibility } from '#libs/governance/compatibility/decide-compatibility';
import { type ComponentName, type Sha256 } from '#libs/release/component';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { composeManifest } from '#libs/release/compose-manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { diffManifests } from '#libs/release/release-diff';
import { type NewRelease, type ReleaseOrigin } from '#libs/store/releases/releases';
import { type ActivationUnitPort } from './activation-ports.ts';

/** The current release with one part of the one before. */
export interface ComposedRollback {
  readonly release: Omit<NewRelease, 'createdAtMs' | 'origin'>;
  readonly origin: Omit<ReleaseOrigin, 'createdBy' | 'note'>;
  readonly compatible: boolean;
  /** Whether these routers and experts were part of a stable release of the model. */
  readonly hasServed: boolean;
  /** What compatibility found; names what would be stranded. */
  readonly finding: string;
  readonly recalled: readonly { readonly component: ComponentName; readonly sha256: Sha256 }[];
}

/** Changed components named in a refusal; more are counted. */
const MAX_NAMED = 5;

/** The release that taking back one part would make; null where there is no release before. */
export async function composeRollback(unit: ActivationUnitPort, { model, stable, previous }: ActivationState, part: ReleasePart): Promise<ComposedRollback | null> {
  if (previous === null) return null;
  const releases = await unit.releases([stable, previous]);
  const current = releases.get(stable)?.manifest;
  const before = releases.get(previous)?.manifest;
  if (!current || !before) return null;
  const diff = diffManifests(before, current);
  // Of releases that differ in their shape no third one can be made.
  const isPartable = diff.kind !== 'other';
  const manifest = isPartable ? composeManifest({ base: current, ...(part === 'routers' ? { routersFrom: before } : { expertsFrom: before }) }) : current;
  const pair = { routerSet: routerSetDigest(manifest), expertSet: expertSetDigest(manifest) };
  const { records, served } = await unit.knowledgeOf(model, pair);
  const compatibility = decideCompatibility(records, pair.routerSet, pair.expertSet, served);
  const left = diff.components.filter(({ kind }) => kind === (part === 'routers' ? 'expert' : 'router')).map(({ name }) => name);
  const recalled = (await unit.recalled([stable, previous])).filter(({ component, sha256 }) => manifest.components[component] === sha256);
  const releaseId = isPartable ? releaseIdOf(manifest) : `${part} of ${previous}`;
  return {
    release: { releaseId, model, manifest, importedFrom: 'composed', sizesBytes: await unit.sizesBytes([stable, previous]) },
    origin: { parentRelease: stable, kind: diffManifests(current, manifest).kind, summary: `${part} rolled back to those of ${previous.slice(0, 12)}` },
    compatible: isPartable && compatibility.allowed,
    hasServed: served.length > 0,
    finding: isPartable
      ? findingOf(compatibility.reason, part, left, previous)
      : `Release ${stable} differs from ${previous} in more than routers and experts, so neither can be taken back alone.`,
    recalled,
  };
}

function findingOf(reason: ReturnType<typeof decideCompatibility>['reason'], part: ReleasePart, left: readonly ComponentName[], previous: string): string {
  const names = `${left.slice(0, MAX_NAMED).join(', ')}${left.length > MAX_NAMED ? ` and ${left.length - MAX_NAMED} more` : ''}`;
  const stranded = left.length === 0 ? 'what stays' : names;
  const why = reason === 'incompatible' ? 'are recorded as incompatible with' : 'have no compatibility record with';
  return `Taking back the ${part} alone would strand ${stranded}: they ${why} the ${part} of ${previous}.`;
}
