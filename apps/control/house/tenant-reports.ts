import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { decodeCursor, page } from '../http/cursor.ts';
import { RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from '../routing/usage-reader.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { TENANTS, type TenantsPort } from './house-ports.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Each request is routed in the first layer, so its requests are all. */
const FIRST_LAYER = 0;

/** Which tenants there are, and how much each asked lately. */
@Injectable()
export class TenantReports {
  constructor(
    @Inject(TENANTS) private readonly tenants: TenantsPort,
    @Inject(USAGE_READER) private readonly usage: UsagePort,
    @Inject(RELEASE_CATALOG) private readonly catalog: Pick<ReleaseCatalog, 'models'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'minRequests' | 'now'>,
  ) {}

  async list({ cursor, limit }: RouteInput<typeof ROUTES.listTenants>['query']): Promise<RouteOutput<typeof ROUTES.listTenants>> {
    const afterName = decodeCursor(cursor, ([name]) => (typeof name === 'string' ? name : null));
    const { items, nextCursor } = page(await this.tenants.list(limit + 1, afterName), limit, ({ tenant }) => [tenant]);
    const [day, week] = items.length === 0 ? [new Map<string, number>(), new Map<string, number>()] : await Promise.all([this.#requests(DAY_MS), this.#requests(7 * DAY_MS)]);
    return { items: items.map((item) => ({ ...item, requestsDay: this.#shown(day.get(item.tenant)), requestsWeek: this.#shown(week.get(item.tenant)) })), nextCursor };
  }

  #shown(requests = 0): number | null {
    return requests > 0 && requests < this.settings.minRequests ? null : requests;
  }

  /** Requests of each tenant in the time up to now, over all models. */
  async #requests(windowMs: number): Promise<ReadonlyMap<string, number>> {
    const toMs = Math.ceil(this.settings.now() / MINUTE_MS) * MINUTE_MS;
    const counts = new Map<string, number>();
    for (const model of await this.catalog.models()) {
      // By release too: layers of different sizes do not add up.
      const { groups } = await this.usage.usageMatrix({ of: { model }, fromMs: toMs - windowMs, toMs, layer: FIRST_LAYER, groupBy: { release: true, segment: ['tenant'] } });
      for (const { segment: { tenant = '' }, layers } of groups) counts.set(tenant, (counts.get(tenant) ?? 0) + (layers[0]?.requests ?? 0));
    }
    return counts;
  }
}
