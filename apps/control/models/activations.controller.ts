import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { decodeCursor, page, pageAfter } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { PROCESSES, type ProcessesPort } from '../processes/processes-port.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ACTIVATION_HISTORY, type ActivationHistoryPort, ACTIVATIONS, type ActivationsPort } from './activation-ports.ts';
import { modelNotFound } from './activation-problems.ts';
import { type DesiredBody, desiredBody, eventBody, observedBody, seenBy } from './activation-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** What shall answer for each model, what does, and what did. */
@Controller()
export class ActivationsController {
  constructor(
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    @Inject(ACTIVATION_HISTORY) private readonly history: ActivationHistoryPort,
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    @Inject(PROCESSES) private readonly processes: ProcessesPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.listModels)
  async list(@Input() { query }: In<'listModels'>, @Caller() { tenant }: Principal): Out<'listModels'> {
    const { items, nextCursor } = pageAfter(await this.activations.list(), query, ({ model }) => model);
    return { items: items.map((one) => seenBy(desiredBody(one.model, one, one.updatedAtMs), tenant)), nextCursor };
  }

  @Endpoint(ROUTES.getActivation)
  async activation(@Input() { params: { model } }: In<'getActivation'>, @Caller() { tenant }: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'getActivation'> {
    const desired = await this.#desired(model);
    void reply.header('etag', `"${desired.generation}"`);
    return observedBody(seenBy(desired, tenant), await this.processes.list(), this.settings.now());
  }

  @Endpoint(ROUTES.getActivationHistory)
  async past(@Input() { params: { model }, query }: In<'getActivationHistory'>): Out<'getActivationHistory'> {
    await this.#desired(model);
    const { limit, cursor, at } = query;
    const beforeGeneration = decodeCursor(cursor, ([generation]) => (Number.isSafeInteger(generation) ? (generation as number) : null));
    const events = await this.history.list({ model, limit: limit + 1, beforeGeneration, untilMs: at === undefined ? null : Date.parse(at) });
    const { items, nextCursor } = page(events, limit, ({ generation }) => [generation]);
    return { items: items.map(eventBody), nextCursor };
  }

  async #desired(model: string): Promise<DesiredBody> {
    const found = await this.activations.find(model);
    if (found) return desiredBody(model, found, found.updatedAtMs);
    if ((await this.releases.list(1, model)).length > 0) return desiredBody(model, null, null);
    throw modelNotFound();
  }
}
