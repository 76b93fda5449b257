import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { decodeCursor, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { toPlan } from './plan-input.ts';
import { RolloutDesk } from './rollout-desk.ts';
import { rolloutNotFound } from './rollout-problems.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from './rollout-records.ts';
import { rolloutBody, summaryBody, verdictBody } from './rollout-views.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

@Controller()
export class RolloutsController {
  constructor(
    private readonly desk: RolloutDesk,
    @Inject(ROLLOUT_RECORDS) private readonly records: RolloutRecords,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.createRollout)
  async create(@Input() { body }: In<'createRollout'>, @Caller() caller: Principal): Out<'createRollout'> {
    const { rollout } = await this.desk.start(null, toPlan(body.plan), { caller, cause: 'direct', reason: body.reason ?? null });
    return this.#body(rollout.id);
  }

  @Endpoint(ROUTES.listRollouts)
  async list(@Input() { query }: In<'listRollouts'>): Out<'listRollouts'> {
    const after = decodeCursor(query.cursor, ([createdAtMs, id]) => (typeof createdAtMs === 'number' && typeof id === 'string' && UUID.test(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.records.rollouts.list(query.limit + 1, { model: query.model, after }), query.limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    return { items: items.map(summaryBody), nextCursor };
  }

  @Endpoint(ROUTES.getRollout)
  get(@Input() { params }: In<'getRollout'>): Out<'getRollout'> {
    return this.#body(params.rolloutId);
  }

  @Endpoint(ROUTES.listRolloutVerdicts)
  async verdicts(@Input() { params, query }: In<'listRolloutVerdicts'>): Out<'listRolloutVerdicts'> {
    if (!(await this.records.rollouts.find(params.rolloutId))) throw rolloutNotFound();
    const before = decodeCursor(query.cursor, ([id]) => (typeof id === 'string' && /^\d{1,18}$/.test(id) ? id : null));
    const { items, nextCursor } = page(await this.records.history.verdicts(params.rolloutId, query.limit + 1, before), query.limit, ({ id }) => [id]);
    return { items: items.map(verdictBody), nextCursor };
  }

  @Endpoint(ROUTES.pauseRollout)
  async pause(@Input() { params, body }: In<'pauseRollout'>, @Caller() caller: Principal): Out<'pauseRollout'> {
    await this.desk.pause(params.rolloutId, caller, body.reason ?? null);
    return this.#body(params.rolloutId);
  }

  @Endpoint(ROUTES.resumeRollout)
  async resume(@Input() { params, body }: In<'resumeRollout'>, @Caller() caller: Principal): Out<'resumeRollout'> {
    await this.desk.resume(params.rolloutId, caller, body.reason ?? null);
    return this.#body(params.rolloutId);
  }

  @Endpoint(ROUTES.abortRollout)
  async abort(@Input() { params, body }: In<'abortRollout'>, @Caller() caller: Principal): Out<'abortRollout'> {
    await this.desk.abort(params.rolloutId, caller, body.reason ?? null);
    return this.#body(params.rolloutId);
  }

  async #body(id: string): Promise<RouteOutput<typeof ROUTES.getRollout>> {
    const rollout = await this.records.rollouts.find(id);
    if (!rollout) throw rolloutNotFound();
    return rolloutBody(rollout, await this.records.history.steps(id), this.settings.now());
  }
}
