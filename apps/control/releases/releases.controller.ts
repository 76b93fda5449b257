import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredRelease } from '#libs/store/releases/releases';
import { Endpoint, Input } from '../http/endpoint.ts';
import { pageAfter } from '../http/cursor.ts';
import { RELEASES, type ReleasesPort } from './releases-port.ts';

type ReleaseBody = RouteOutput<typeof ROUTES.listReleases>['items'][number];

/** Releases kept in the list at most. */
const MAX_LISTED = 1000;

@Controller()
export class ReleasesController {
  constructor(@Inject(RELEASES) private readonly releases: ReleasesPort) {}

  @Endpoint(ROUTES.listReleases)
  async list(@Input() { query }: RouteInput<typeof ROUTES.listReleases>): Promise<RouteOutput<typeof ROUTES.listReleases>> {
    const all = await this.releases.list(MAX_LISTED, query.model ?? null);
    const { items, nextCursor } = pageAfter(all, query, ({ releaseId }) => releaseId);
    return { items: items.map(releaseBody), nextCursor };
  }

  @Endpoint(ROUTES.getRelease)
  async get(@Input() { params }: RouteInput<typeof ROUTES.getRelease>): Promise<RouteOutput<typeof ROUTES.getRelease>> {
    const found = await this.releases.find(params.releaseId);
    if (!found) throw new ProblemError({ status: 404, code: 'release_not_found', title: 'No such release', detail: 'GET /api/v1/releases lists them.' });
    const { releaseId, createdAtMs, manifest } = found;
    return { releaseId, createdAt: new Date(createdAtMs).toISOString(), manifest: { ...manifest } };
  }
}

function releaseBody({ releaseId, model, createdAtMs, manifest }: StoredRelease): ReleaseBody {
  return {
    releaseId,
    model,
    architecture: manifest.architecture,
    layers: manifest.shape.layers,
    experts: manifest.shape.experts,
    topK: manifest.routing.topK,
    components: Object.keys(manifest.components).length,
    createdAt: new Date(createdAtMs).toISOString(),
  };
}
