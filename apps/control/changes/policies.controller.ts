import { Controller, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { PolicyDesk } from './policy-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** The change policy, and which models it binds. */
@Controller()
export class PoliciesController {
  constructor(private readonly desk: PolicyDesk) {}

  @Endpoint(ROUTES.getChangePolicy)
  async policy(@Res({ passthrough: true }) reply: FastifyReply): Out<'getChangePolicy'> {
    const body = await this.desk.current();
    void reply.header('etag', `"${body.version}"`);
    return body;
  }

  @Endpoint(ROUTES.putChangePolicy)
  async put(@Input() { headers, body }: In<'putChangePolicy'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putChangePolicy'> {
    const written = await this.desk.put(body, expected(headers), caller);
    void reply.header('etag', `"${written.version}"`);
    return written;
  }

  @Endpoint(ROUTES.listChangePolicies)
  list(@Input() { query }: In<'listChangePolicies'>): Out<'listChangePolicies'> {
    return this.desk.history(query);
  }

  @Endpoint(ROUTES.getGovernance)
  async mode(@Input() { params }: In<'getGovernance'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getGovernance'> {
    const body = await this.desk.mode(params.model);
    void reply.header('etag', `"${body.generation}"`);
    return body;
  }

  @Endpoint(ROUTES.putGovernance)
  async setMode(@Input() { params, headers, body }: In<'putGovernance'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putGovernance'> {
    const written = await this.desk.setMode(params.model, body, expected(headers), caller);
    void reply.header('etag', `"${written.generation}"`);
    return written;
  }
}

function expected(headers: { readonly 'if-match': string }): number {
  return Number(headers['if-match'].slice(1, -1));
}
