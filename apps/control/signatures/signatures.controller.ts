import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { SignatureDesk } from './signature-desk.ts';
import { TrustDesk } from './trust-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class SignaturesController {
  constructor(
    @Inject(SignatureDesk) private readonly signatures: SignatureDesk,
    @Inject(TrustDesk) private readonly trust: TrustDesk,
  ) {}

  @Endpoint(ROUTES.attachSignature)
  attach(@Input() { body }: In<'attachSignature'>, @Caller() caller: Principal): Out<'attachSignature'> {
    return this.signatures.attach(body, caller);
  }

  @Endpoint(ROUTES.listSignatures)
  list(@Input() { params, query }: In<'listSignatures'>): Out<'listSignatures'> {
    return this.signatures.list(params, query);
  }

  @Endpoint(ROUTES.addTrustedKey)
  addKey(@Input() { body }: In<'addTrustedKey'>, @Caller() caller: Principal): Out<'addTrustedKey'> {
    return this.trust.addKey(body, caller);
  }

  @Endpoint(ROUTES.listTrustedKeys)
  listKeys(@Input() { query }: In<'listTrustedKeys'>): Out<'listTrustedKeys'> {
    return this.trust.listKeys(query);
  }

  @Endpoint(ROUTES.revokeTrustedKey)
  revokeKey(@Input() { params, body }: In<'revokeTrustedKey'>, @Caller() caller: Principal): Out<'revokeTrustedKey'> {
    return this.trust.revokeKey(params.keyId, body.reason, caller);
  }

  @Endpoint(ROUTES.getSignaturePolicy)
  async policy(@Res({ passthrough: true }) reply: FastifyReply): Out<'getSignaturePolicy'> {
    return tagged(reply, await this.trust.policy(null));
  }

  @Endpoint(ROUTES.putSignaturePolicy)
  async setPolicy(@Input() { headers, body }: In<'putSignaturePolicy'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putSignaturePolicy'> {
    return tagged(reply, await this.trust.setPolicy(null, body.level, headers['if-match'], caller));
  }

  @Endpoint(ROUTES.getModelSignaturePolicy)
  async modelPolicy(@Input() { params }: In<'getModelSignaturePolicy'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getModelSignaturePolicy'> {
    return tagged(reply, await this.trust.policy(params.model));
  }

  @Endpoint(ROUTES.putModelSignaturePolicy)
  async setModelPolicy(@Input() { params, headers, body }: In<'putModelSignaturePolicy'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putModelSignaturePolicy'> {
    return tagged(reply, await this.trust.setPolicy(params.model, body.level, headers['if-match'], caller));
  }
}

function tagged<T extends { readonly generation: number }>(reply: FastifyReply, policy: T): T {
  void reply.header('etag', `"${policy.generation}"`);
  return policy;
}
