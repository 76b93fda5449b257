import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { DEFAULT_POLICY, type NotificationPolicy } from '#libs/alerting/notify/policy';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredNotificationPolicy } from '#libs/store/alerts/notification-policies';
import { auditOf } from '../http/audited.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { NOTIFICATION_POLICY, type NotificationPolicyPort } from './alert-ports.ts';
import { generationOf, invalid, stale } from './alert-problems.ts';
import { isoOrNull } from './alert-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;
type PolicyBody = RouteOutput<typeof ROUTES.getNotificationPolicy>;

/** Who is told of what. */
@Controller()
export class NotificationPolicyController {
  constructor(
    @Inject(NOTIFICATION_POLICY) private readonly policies: NotificationPolicyPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.getNotificationPolicy)
  async get(@Res({ passthrough: true }) reply: FastifyReply): Out<'getNotificationPolicy'> {
    return tagged(await this.policies.current(), reply);
  }

  @Endpoint(ROUTES.putNotificationPolicy)
  async put(@Input() { headers, body }: In<'putNotificationPolicy'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putNotificationPolicy'> {
    for (const part of ['routes', 'escalations'] as const) {
      const names = body[part].map(({ name }) => name);
      const repeated = names.find((name, index) => names.indexOf(name) !== index);
      if (repeated !== undefined) throw invalid(part, `the name ${repeated} is there twice; give each its own`);
    }
    const policy: NotificationPolicy = { ...body, inhibitions: body.inhibitions ?? DEFAULT_POLICY.inhibitions };
    const atMs = this.settings.now();
    const outcome = await this.policies.write(policy, generationOf(headers), atMs, (before) => ({ ...auditOf(caller, atMs, 'notification-policy.set', 'notification-policy'), before: before.policy, after: policy }));
    if (outcome.outcome === 'stale') throw stale(outcome.generation);
    if (outcome.outcome === 'no-receiver') throw invalid('receivers', `there is no receiver ${outcome.receiverId}; GET /api/v1/receivers lists them`);
    return tagged(outcome.stored, reply);
  }
}

function tagged({ policy, generation, updatedBy, updatedAtMs }: StoredNotificationPolicy, reply: FastifyReply): PolicyBody {
  void reply.header('etag', `"${generation}"`);
  // A copy: the contract's arrays are not readonly.
  return { ...(structuredClone(policy) as Omit<PolicyBody, 'generation' | 'updatedBy' | 'updatedAt'>), generation, updatedBy, updatedAt: isoOrNull(updatedAtMs) };
}
