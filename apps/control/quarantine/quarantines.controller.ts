import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredQuarantine } from '#libs/store/quarantine/quarantine-rows';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { HealthReport } from './health-report.ts';
import { overrideWish } from '../protection/override-wish.ts';
import { HoldWatch } from './hold-watch.ts';
import { QuarantineDesk } from './quarantine-desk.ts';
import { QUARANTINES, type QuarantinesPort } from './quarantine-ports.ts';
import { quarantineNotFound } from './quarantine-problems.ts';
import { quarantineBody } from './quarantine-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Experts that are out of service. */
@Controller()
export class QuarantinesController {
  constructor(
    private readonly desk: QuarantineDesk,
    private readonly watch: HoldWatch,
    private readonly health: HealthReport,
    @Inject(QUARANTINES) private readonly quarantines: QuarantinesPort,
  ) {}

  @Endpoint(ROUTES.createQuarantine)
  async create(@Input() { params: { model }, body }: In<'createQuarantine'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createQuarantine'> {
    const { layer, expert, releaseId = null, reason, until, force, override } = body;
    const wish = { layer, expert, releaseId, untilMs: until === undefined ? null : Date.parse(until), force };
    return this.#written(await this.desk.impose(model, { wish, reason, override: overrideWish(override) }, caller), reply);
  }

  @Endpoint(ROUTES.listQuarantines)
  async list(@Input() { params: { model }, query: { state, cursor, limit } }: In<'listQuarantines'>): Out<'listQuarantines'> {
    await this.desk.assertModel(model);
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (isInstantMs(createdAtMs) && isUuid(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.quarantines.list({ model, inForce: state === 'in-force' }, limit + 1, after), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    return { items: items.map(quarantineBody), nextCursor };
  }

  @Endpoint(ROUTES.getQuarantine)
  async get(@Input() { params: { model, quarantineId } }: In<'getQuarantine'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getQuarantine'> {
    const found = await this.quarantines.find(model, quarantineId);
    if (!found) throw quarantineNotFound();
    void reply.header('etag', `"${found.version}"`);
    return quarantineBody(found);
  }

  @Endpoint(ROUTES.liftQuarantine)
  async lift(@Input() { params, headers, body }: In<'liftQuarantine'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'liftQuarantine'> {
    const seen = headers['if-match'];
    const lifted = await this.desk.lift(params.model, params.quarantineId, seen === undefined ? null : Number(seen.slice(1, -1)), body.reason ?? null, caller);
    return this.#written(lifted, reply);
  }

  @Endpoint(ROUTES.getExpertHealth)
  async experts(@Input() { params: { model } }: In<'getExpertHealth'>): Out<'getExpertHealth'> {
    await this.desk.assertModel(model);
    return this.health.of(model);
  }

  async #written(quarantine: StoredQuarantine, reply: FastifyReply): Out<'createQuarantine'> {
    void reply.header('etag', `"${quarantine.version}"`);
    return { ...quarantineBody(quarantine), ...(await this.watch.wait(quarantine)) };
  }
}
