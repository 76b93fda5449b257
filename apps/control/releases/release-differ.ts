import { Inject, Injectable } from '@nestjs/common';
import { decideCompatibility } from '#libs/governance/compatibility/decide-compatibility';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Sha256 } from '#libs/release/component';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { memoryEffect } from '#libs/release/memory-effect';
import { type ReleaseManifest } from '#libs/release/manifest';
import { diffManifests } from '#libs/release/release-diff';
import { summariseDiff } from '#libs/release/release-summary';
import { COMPONENT_FILES, type ComponentFilesPort, COMPONENT_VERSIONS, type ComponentVersionsPort } from '../registry/registry-ports.ts';
import { COMPATIBILITY, type CompatibilityPort, RELEASE_SETS, type ReleaseSetsPort } from './release-ports.ts';
import { releaseText } from './release-text.ts';
import { RELEASES, type ReleasesPort } from './releases-port.ts';

type DiffBody = RouteOutput<typeof ROUTES.getReleaseDiff>;

export interface NamedManifest {
  readonly releaseId: Sha256;
  readonly manifest: ReleaseManifest;
}

/** Tells what a release changes, whether its routers and experts belong together and what it costs in memory. */
@Injectable()
export class ReleaseDiffer {
  constructor(
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find'>,
    @Inject(COMPONENT_VERSIONS) private readonly versions: Pick<ComponentVersionsPort, 'known'>,
    @Inject(COMPONENT_FILES) private readonly files: Pick<ComponentFilesPort, 'weightBytes'>,
    @Inject(RELEASE_SETS) private readonly sets: Pick<ReleaseSetsPort, 'served' | 'active'>,
    @Inject(COMPATIBILITY) private readonly compatibility: Pick<CompatibilityPort, 'ofPair'>,
  ) {}

  async diff(child: NamedManifest, parent: NamedManifest): Promise<DiffBody> {
    const diff = diffManifests(parent.manifest, child.manifest);
    const known = await this.versions.known(diff.components.flatMap(({ before, after }) => [before, after].filter((one) => one !== null)));
    const version = (sha256: Sha256 | null): DiffBody['components'][number]['before'] => (sha256 === null ? null : { sha256, sizeBytes: known.get(sha256)?.sizeBytes ?? 0 });
    const body = {
      releaseId: child.releaseId,
      against: parent.releaseId,
      kind: diff.kind,
      summary: summariseDiff(diff, child.manifest),
      components: diff.components.map(({ name, before, after }) => ({ name, before: version(before), after: version(after) })),
      shared: diff.shared,
      settings: diff.settings.map((setting) => ({ ...setting })),
      compatibility: await this.#compatibility(child.manifest),
      memory: await this.#memory(child),
    };
    return { ...body, text: releaseText(body) };
  }

  async #compatibility(manifest: ReleaseManifest): Promise<DiffBody['compatibility']> {
    const pair = { routerSet: routerSetDigest(manifest), expertSet: expertSetDigest(manifest) };
    const [records, served] = await Promise.all([this.compatibility.ofPair(pair), this.sets.served(manifest.model, pair)]);
    return decideCompatibility(records, pair.routerSet, pair.expertSet, served);
  }

  async #memory({ releaseId, manifest }: NamedManifest): Promise<DiffBody['memory']> {
    const active = await this.sets.active(manifest.model);
    const resident: NamedManifest[] = [];
    for (const id of new Set(active.map((one) => one.releaseId))) {
      const found = id === releaseId ? null : await this.releases.find(id);
      if (found) resident.push(found);
    }
    const bytes = new Map<Sha256, number>();
    try {
      for (const [name, sha256] of Object.entries(manifest.components)) bytes.set(sha256, await this.files.weightBytes(name, sha256));
    } catch {
      // A file that is missing or damaged has no size to tell.
      return null;
    }
    const effect = memoryEffect(manifest, resident.map((one) => one.manifest), (sha256) => bytes.get(sha256) ?? 0);
    return { resident: resident.map((one) => one.releaseId), ...effect };
  }
}
