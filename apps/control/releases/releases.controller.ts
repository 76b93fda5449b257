import { Controller, Inject, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { type StoredRelease } from '#libs/store/releases/releases';
import { decodeCursor, isInstantMs, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { ReleaseDesk } from './release-desk.ts';
import { releaseNotFound } from './release-problems.ts';
import { ReleaseSetDesk } from './release-set-desk.ts';
import { ReleaseUsesDesk } from './release-uses-desk.ts';
import { RELEASES, type ReleasesPort } from './releases-port.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Body<N extends keyof typeof ROUTES> = RouteOutput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<Body<N>>;

@Controller()
export class ReleasesController {
  constructor(
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    private readonly desk: ReleaseDesk,
    private readonly sets: ReleaseSetDesk,
    private readonly uses: ReleaseUsesDesk,
  ) {}

  @Endpoint(ROUTES.listReleases)
  async list(@Input() { query }: In<'listReleases'>): Out<'listReleases'> {
    const after = decodeCursor(query.cursor, ([createdAtMs, releaseId]) => (isInstantMs(createdAtMs) && typeof releaseId === 'string' ? { createdAtMs, releaseId } : null));
    const found = await this.releases.page({ model: query.model ?? null, after, limit: query.limit + 1 });
    const { items, nextCursor } = page(found, query.limit, ({ createdAtMs, releaseId }) => [createdAtMs, releaseId]);
    return { items: items.map(releaseBody), nextCursor };
  }

  @Endpoint(ROUTES.getRelease)
  async get(@Input() { params }: In<'getRelease'>): Out<'getRelease'> {
    const found = await this.releases.find(params.releaseId);
    if (!found) throw releaseNotFound();
    const { releaseId, createdAtMs, manifest } = found;
    return { releaseId, createdAt: new Date(createdAtMs).toISOString(), ...originBody(found), manifest: { ...manifest } };
  }

  @Endpoint(ROUTES.createRelease)
  create(@Input() { body }: In<'createRelease'>, @Caller() caller: Principal): Out<'createRelease'> {
    return this.desk.create(body, caller);
  }

  @Endpoint(ROUTES.previewRelease)
  preview(@Input() { body }: In<'previewRelease'>): Out<'previewRelease'> {
    return this.desk.preview(body);
  }

  @Endpoint(ROUTES.getReleaseDiff)
  async diff(@Input() { params, query }: In<'getReleaseDiff'>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Body<'getReleaseDiff'> | string> {
    const diff = await this.desk.diff(params.releaseId, query.against ?? null);
    if (!request.headers.accept?.includes('text/plain')) return diff;
    void reply.header('content-type', 'text/plain; charset=utf-8');
    return `${diff.text}\n`;
  }

  @Endpoint(ROUTES.getReleaseUses)
  usesOf(@Input() { params }: In<'getReleaseUses'>): Out<'getReleaseUses'> {
    return this.uses.get(params.releaseId);
  }

  @Endpoint(ROUTES.deleteRelease)
  async remove(@Input() { params }: In<'deleteRelease'>, @Caller() caller: Principal): Promise<void> {
    await this.desk.remove(params.releaseId, caller);
  }

  @Endpoint(ROUTES.listRouterReleases)
  routers(@Input() { query }: In<'listRouterReleases'>): Out<'listRouterReleases'> {
    return this.sets.routers(query);
  }

  @Endpoint(ROUTES.listExpertReleases)
  experts(@Input() { query }: In<'listExpertReleases'>): Out<'listExpertReleases'> {
    return this.sets.experts(query);
  }

  @Endpoint(ROUTES.listCompatibility)
  compatibility(@Input() { query }: In<'listCompatibility'>): Out<'listCompatibility'> {
    return this.sets.records(query);
  }

  @Endpoint(ROUTES.createCompatibility)
  record(@Input() { body }: In<'createCompatibility'>, @Caller() caller: Principal): Out<'createCompatibility'> {
    return this.sets.record(body, caller);
  }
}

function releaseBody(release: StoredRelease): Body<'listReleases'>['items'][number] {
  const { releaseId, model, createdAtMs, manifest } = release;
  return {
    releaseId,
    model,
    architecture: manifest.architecture,
    layers: manifest.shape.layers,
    experts: manifest.shape.experts,
    topK: manifest.routing.topK,
    components: Object.keys(manifest.components).length,
    createdAt: new Date(createdAtMs).toISOString(),
    ...originBody(release),
  };
}

function originBody({ origin, manifest }: StoredRelease) {
  return {
    parent: origin?.parentRelease ?? null,
    kind: origin?.kind ?? null,
    summary: origin?.summary ?? '',
    createdBy: origin?.createdBy ?? null,
    note: origin?.note ?? '',
    routerSet: routerSetDigest(manifest),
    expertSet: expertSetDigest(manifest),
  };
}
