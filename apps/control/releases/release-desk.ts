import { Inject, Injectable } from '@nestjs/common';
import { misfitOfModel } from '#libs/checkpoint/components/canonical-tensors';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ComponentName, parseComponentName, type Sha256 } from '#libs/release/component';
import { ComposeError, composeManifest } from '#libs/release/compose-manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { COMPOSED, type StoredRelease } from '#libs/store/releases/releases';
import { auditOf } from '../http/audited.ts';
import { componentFileMissing, componentNotFound, stillReferenced } from '../registry/component-problems.ts';
import { COMPONENT_FILES, type ComponentFilesPort, COMPONENT_VERSIONS, type ComponentVersionsPort } from '../registry/registry-ports.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ReleaseDiffer } from './release-differ.ts';
import { RELEASE_WRITER, type ReleaseWriterPort } from './release-ports.ts';
import { badBody, componentRecalled, releaseNotFound, tensorsDoNotFit } from './release-problems.ts';
import { RELEASES, type ReleasesPort } from './releases-port.ts';

type ComposeBody = RouteInput<typeof ROUTES.createRelease>['body'];

/** Composes, compares and deletes releases. */
@Injectable()
export class ReleaseDesk {
  constructor(
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find' | 'activation'>,
    @Inject(RELEASE_WRITER) private readonly writer: ReleaseWriterPort,
    @Inject(COMPONENT_VERSIONS) private readonly versions: Pick<ComponentVersionsPort, 'known'>,
    @Inject(COMPONENT_FILES) private readonly files: Pick<ComponentFilesPort, 'tensors'>,
    private readonly differ: ReleaseDiffer,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async create(body: ComposeBody, caller: Principal): Promise<RouteOutput<typeof ROUTES.createRelease>> {
    const { base, releaseId, manifest, diff } = await this.#composed(body);
    const createdAtMs = this.settings.now();
    const origin = { parentRelease: base.releaseId, kind: diff.kind, summary: diff.summary, createdBy: caller.accountId, note: body.note };
    const audit = { ...auditOf(caller, createdAtMs, 'release.create', `release/${releaseId}`, { model: manifest.model, base: base.releaseId, summary: diff.summary }), after: { ...origin, replace: body.replace }, ...(body.note === '' ? {} : { reason: body.note }) };
    const saved = await this.writer.compose({ releaseId, model: manifest.model, manifest, importedFrom: COMPOSED, createdAtMs, origin }, audit);
    if (saved.outcome === 'missing') throw componentNotFound(saved.sha256, 'replace');
    if (saved.outcome === 'recalled') throw componentRecalled(saved.component, saved.reason);
    return { releaseId, created: saved.outcome !== 'already-saved', diff };
  }

  /** What `create` would make and refuse, with nothing written. */
  async preview(body: ComposeBody): Promise<RouteOutput<typeof ROUTES.previewRelease>> {
    const { releaseId, manifest, diff } = await this.#composed(body);
    const named = Object.entries(manifest.components);
    const known = await this.versions.known(named.map(([, sha256]) => sha256));
    for (const [name, sha256] of named) {
      const recall = known.get(sha256)?.recall;
      if (recall) throw componentRecalled(name, recall.reason);
    }
    return { releaseId, exists: (await this.releases.find(releaseId)) !== null, diff };
  }

  /** @param against null: the parent, or else the stable release of the model */
  async diff(releaseId: Sha256, against: Sha256 | null): Promise<RouteOutput<typeof ROUTES.getReleaseDiff>> {
    const child = await this.releases.find(releaseId);
    if (!child) throw releaseNotFound();
    const parentId = against ?? child.origin?.parentRelease ?? (await this.releases.activation(child.model))?.stableRelease;
    const parent = parentId === undefined ? null : await this.releases.find(parentId);
    if (parent) return this.differ.diff(child, parent);
    throw new ProblemError({ status: 404, code: 'release_not_found', title: 'No such release', detail: 'Query field against: there is nothing to compare with; give one of GET /api/v1/releases.', field: 'against' });
  }

  async remove(releaseId: Sha256, caller: Principal): Promise<void> {
    const before = await this.releases.find(releaseId);
    if (!before) throw releaseNotFound();
    const audit = { ...auditOf(caller, this.settings.now(), 'release.delete', `release/${releaseId}`, { model: before.model }), before: { manifest: before.manifest, origin: before.origin } };
    const outcome = await this.writer.remove(releaseId, audit);
    if (outcome.outcome === 'missing') throw releaseNotFound();
    if (outcome.outcome === 'referenced') throw stillReferenced(`Release ${releaseId}`, outcome.references);
  }

  async #composed(body: ComposeBody) {
    const base = await this.#named(body.base, 'base');
    const manifest = await this.#compose(base.manifest, body);
    await this.#requireFitting(base.manifest, body.replace);
    const releaseId = releaseIdOf(manifest);
    return { base, releaseId, manifest, diff: await this.differ.diff({ releaseId, manifest }, base) };
  }

  async #compose(base: ReleaseManifest, { replace, routersFrom, expertsFrom, routing }: ComposeBody): Promise<ReleaseManifest> {
    const routers = routersFrom === undefined ? null : await this.#named(routersFrom, 'routersFrom');
    const experts = expertsFrom === undefined ? null : await this.#named(expertsFrom, 'expertsFrom');
    try {
      return composeManifest({ base, replace, ...(routers && { routersFrom: routers.manifest }), ...(experts && { expertsFrom: experts.manifest }), ...(routing && { routing }) });
    } catch (error) {
      if (error instanceof ComposeError) throw badBody(error.reason.replaceAll('-', '_'), error.field, error.message);
      throw error;
    }
  }

  /** Versions that take a place must be of its kind, and their tensors of the model's shape. */
  async #requireFitting(base: ReleaseManifest, replace: Readonly<Record<ComponentName, Sha256>>): Promise<void> {
    const known = await this.versions.known(Object.values(replace));
    for (const [name, sha256] of Object.entries(replace)) {
      const version = known.get(sha256);
      if (!version) throw componentNotFound(sha256, `replace.${name}`);
      if (version.recall) throw componentRecalled(name, version.recall.reason);
      if (parseComponentName(name)?.kind !== version.kind) throw badBody('kinds_differ', `replace.${name}`, `the version is a ${version.kind}.`);
      if (version.kind === 'tokenizer') continue;
      const tensors = await this.files.tensors(sha256).catch(() => {
        throw componentFileMissing(sha256);
      });
      const misfit = misfitOfModel(name, base, tensors);
      if (misfit) throw tensorsDoNotFit(name, misfit.message);
    }
  }

  async #named(releaseId: Sha256, field: string): Promise<StoredRelease> {
    const found = await this.releases.find(releaseId);
    if (found) return found;
    throw releaseNotFound(field);
  }
}
