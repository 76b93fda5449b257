import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredCompatibility } from '#libs/store/registry/compatibility-records';
import { type ReleaseSet, type SetSide } from '#libs/store/releases/release-sets';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { COMPATIBILITY, type CompatibilityPort, RELEASE_SETS, type ReleaseSetsPort, RELEASE_WRITER, type ReleaseWriterPort } from './release-ports.ts';

type SetsQuery = RouteInput<typeof ROUTES.listRouterReleases>['query'];
type RecordBody = RouteOutput<typeof ROUTES.createCompatibility>;

/** Router sets and expert sets, and what is known of one with the other. */
@Injectable()
export class ReleaseSetDesk {
  constructor(
    @Inject(RELEASE_SETS) private readonly sets: ReleaseSetsPort,
    @Inject(COMPATIBILITY) private readonly compatibility: CompatibilityPort,
    @Inject(RELEASE_WRITER) private readonly writer: Pick<ReleaseWriterPort, 'record'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async routers(query: SetsQuery): Promise<RouteOutput<typeof ROUTES.listRouterReleases>> {
    const { items, nextCursor } = await this.#page('router', query);
    return { items: items.map((one) => ({ routerSet: one.set, ...setBody(one), withExperts: one.partners.map(({ set, verdict }) => ({ expertSet: set, verdict })) })), nextCursor };
  }

  async experts(query: SetsQuery): Promise<RouteOutput<typeof ROUTES.listExpertReleases>> {
    const { items, nextCursor } = await this.#page('expert', query);
    return { items: items.map((one) => ({ expertSet: one.set, ...setBody(one), withRouters: one.partners.map(({ set, verdict }) => ({ routerSet: set, verdict })) })), nextCursor };
  }

  async records({ cursor, limit, model, routerSet, expertSet }: RouteInput<typeof ROUTES.listCompatibility>['query']): Promise<RouteOutput<typeof ROUTES.listCompatibility>> {
    const after = decodeCursor(cursor, ([atMs, id]) => (isInstantMs(atMs) && isUuid(id) ? { atMs, id } : null));
    const found = await this.compatibility.list({ model: model ?? null, routerSet: routerSet ?? null, expertSet: expertSet ?? null, after, limit: limit + 1 });
    const { items, nextCursor } = page(found, limit, ({ atMs, id }) => [atMs, id]);
    return { items: items.map(recordBody), nextCursor };
  }

  async record({ model, routerSet, expertSet, verdict, evidence, evidenceSha256 }: RouteInput<typeof ROUTES.createCompatibility>['body'], caller: Principal): Promise<RecordBody> {
    const held = await this.sets.hold(model, { routerSet, expertSet });
    for (const [field, isHeld] of [['routerSet', held.router], ['expertSet', held.expert]] as const) {
      if (isHeld) continue;
      const list = field === 'routerSet' ? 'router-releases' : 'expert-releases';
      throw new ProblemError({ status: 404, code: 'release_set_not_found', title: 'No such set', detail: `Body field ${field}: no release of ${model} holds it; GET /api/v1/${list} lists them.`, field });
    }
    const atMs = this.settings.now();
    const record: StoredCompatibility = { id: randomUUID(), model, routerSet, expertSet, verdict, evidence, evidenceSha256: evidenceSha256 ?? null, atMs, by: caller.accountId };
    await this.writer.record(record, { ...auditOf(caller, atMs, 'compatibility.record', `model/${model}`, { routerSet, expertSet, verdict }), after: recordBody(record) });
    return recordBody(record);
  }

  async #page(side: SetSide, { cursor, limit, model }: SetsQuery): Promise<{ items: ReleaseSet[]; nextCursor: string | null }> {
    const after = decodeCursor(cursor, ([sinceMs, name, set]) => (isInstantMs(sinceMs) && typeof name === 'string' && typeof set === 'string' ? { sinceMs, model: name, set } : null));
    return page(await this.sets.list(side, { model: model ?? null, after, limit: limit + 1 }), limit, ({ sinceMs, model: name, set }) => [sinceMs, name, set]);
  }
}

function setBody({ model, sinceMs, releases, latest, active }: ReleaseSet) {
  return {
    model,
    since: new Date(sinceMs).toISOString(),
    releases,
    latest: latest.map(({ releaseId, createdAtMs }) => ({ releaseId, createdAt: new Date(createdAtMs).toISOString() })),
    active: active.map((one) => ({ ...one })),
  };
}

function recordBody({ atMs, ...record }: StoredCompatibility): RecordBody {
  return { ...record, at: new Date(atMs).toISOString() };
}
