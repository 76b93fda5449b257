import { Controller, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { ComponentDesk } from './component-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class ComponentsController {
  constructor(private readonly desk: ComponentDesk) {}

  @Endpoint(ROUTES.listComponents)
  list(@Input() { query }: In<'listComponents'>): Out<'listComponents'> {
    return this.desk.search(query);
  }

  @Endpoint(ROUTES.compareComponents)
  compare(@Input() { query }: In<'compareComponents'>): Out<'compareComponents'> {
    return this.desk.compare(query);
  }

  @Endpoint(ROUTES.getComponent)
  async get(@Input() { params }: In<'getComponent'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getComponent'> {
    return tagged(await this.desk.get(params.sha256), reply);
  }

  @Endpoint(ROUTES.putComponentCard)
  async putCard(
    @Input() { params, headers, body }: In<'putComponentCard'>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Out<'putComponentCard'> {
    return tagged(await this.desk.putCard(params.sha256, body, Number(headers['if-match'].slice(1, -1)), caller), reply);
  }

  @Endpoint(ROUTES.deleteComponent)
  async remove(@Input() { params }: In<'deleteComponent'>, @Caller() caller: Principal): Promise<void> {
    await this.desk.remove(params.sha256, caller);
  }
}

function tagged(detail: RouteOutput<typeof ROUTES.getComponent>, reply: FastifyReply): RouteOutput<typeof ROUTES.getComponent> {
  void reply.header('etag', `"${detail.card.revision}"`);
  return detail;
}
