import { randomBytes } from 'node:crypto';
import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type ActivationCommand, type CanaryScope } from '#libs/governance/activation/activation-state';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { ActivationDesk } from './activation-desk.ts';
import { type DesiredBody, desiredBody } from './activation-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out = Promise<DesiredBody>;

/** Commands on what answers for a model. */
@Controller()
export class ModelsController {
  constructor(@Inject(ActivationDesk) private readonly desk: ActivationDesk) {}

  @Endpoint(ROUTES.putActivation)
  async activate(@Input() input: In<'putActivation'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    return this.#run(input, { type: 'activate', releaseId: input.body.release }, caller, reply);
  }

  @Endpoint(ROUTES.startCanary)
  async startCanary(@Input() input: In<'startCanary'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    const { release, share, stickyBy, segment, routeSlice } = input.body;
    const scope: CanaryScope = { segment: segment ? present(segment) : null, routeSlice: routeSlice ?? null };
    const canary = { releaseId: release, share, stickyBy, scope, salt: randomBytes(12).toString('base64url') };
    return this.#run(input, { type: 'start-canary', canary }, caller, reply);
  }

  @Endpoint(ROUTES.setCanaryShare)
  async setShare(@Input() input: In<'setCanaryShare'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    return this.#run(input, { type: 'set-canary-share', share: input.body.share }, caller, reply);
  }

  @Endpoint(ROUTES.promoteCanary)
  async promote(@Input() input: In<'promoteCanary'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    return this.#run(input, { type: 'promote' }, caller, reply);
  }

  @Endpoint(ROUTES.abortCanary)
  async abort(@Input() input: In<'abortCanary'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    return this.#run(input, { type: 'abort-canary' }, caller, reply);
  }

  @Endpoint(ROUTES.rollbackActivation)
  async rollback(@Input() input: In<'rollbackActivation'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    const { part } = input.body;
    return this.#run(input, part === undefined ? { type: 'rollback' } : { type: 'rollback', part }, caller, reply);
  }

  @Endpoint(ROUTES.startShadow)
  async startShadow(@Input() input: In<'startShadow'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    const { release, share } = input.body;
    return this.#run(input, { type: 'start-shadow', shadow: { releaseId: release, share } }, caller, reply);
  }

  @Endpoint(ROUTES.stopShadow)
  async stopShadow(@Input() input: In<'stopShadow'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out {
    return this.#run(input, { type: 'stop-shadow' }, caller, reply);
  }

  async #run(input: CommandInput, command: ActivationCommand, caller: Principal, reply: FastifyReply): Out {
    const { params: { model }, headers, body } = input;
    const seen = headers['if-match'];
    const expected = seen === undefined ? {} : { expectedGeneration: Number(seen.slice(1, -1)) };
    const { state, atMs } = await this.desk.command(model, command, { ...expected, caller, reason: body.reason ?? null, cause: 'direct' });
    void reply.header('etag', `"${state.generation}"`);
    return desiredBody(model, state, atMs);
  }
}

interface CommandInput {
  readonly params: { readonly model: string };
  readonly headers: { readonly 'if-match'?: string | undefined };
  readonly body: { readonly reason?: string | undefined };
}

/** Without the labels that are left out or empty, which match any. */
function present(segment: NonNullable<In<'startCanary'>['body']['segment']>): NonNullable<CanaryScope['segment']> {
  const { tenant, task, language } = segment;
  return { ...(tenant ? { tenant } : {}), ...(task ? { task } : {}), ...(language ? { language } : {}) };
}
