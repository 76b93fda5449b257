import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { pageAfter } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { ActivationDesk, activationBody } from './activation-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class ModelsController {
  constructor(
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    private readonly desk: ActivationDesk,
  ) {}

  @Endpoint(ROUTES.listModels)
  async list(@Input() { query }: In<'listModels'>): Out<'listModels'> {
    const { items, nextCursor } = pageAfter(await this.releases.activations(), query, ({ model }) => model);
    return { items: items.map(activationBody), nextCursor };
  }

  @Endpoint(ROUTES.getActivation)
  async activation(@Input() { params }: In<'getActivation'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getActivation'> {
    return tagged(await this.desk.get(params.model), reply);
  }

  @Endpoint(ROUTES.putActivation)
  async activate(
    @Input() { params, body, headers }: In<'putActivation'>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Out<'putActivation'> {
    const expectedGeneration = Number(headers['if-match'].slice(1, -1));
    return tagged(await this.desk.activate(params.model, body.release, expectedGeneration, caller), reply);
  }
}

function tagged<T extends { readonly generation: number }>(activation: T, reply: FastifyReply): T {
  void reply.header('etag', `"${activation.generation}"`);
  return activation;
}
