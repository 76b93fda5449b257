import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type Permission } from '#libs/governance/access/permissions';
import { decideTenantReach } from '#libs/governance/access/tenant-reach';
import { type Route } from '#libs/contract/management/route';
import { hasPermission, type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { ApiLimits } from './api-limits.ts';
import { CallerAuthenticator } from './caller-authenticator.ts';
import { type GuardedRequest, ROUTE } from './guarded-request.ts';

/**
 * The one gate of the management API: who calls, how often, whether they may, and for which tenant. It sets the
 * request's principal; to a caller bound to a tenant it leaves that tenant as the only one to ask for.
 */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly callers: CallerAuthenticator,
    private readonly limits: ApiLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const route = Reflect.getMetadata(ROUTE, context.getHandler()) as Route;
    if (route.needs === 'public') return true;
    const reply = http.getResponse<FastifyReply>();
    const { principal, session } = await this.limits.attempt(request, reply, () => this.callers.identify(request)).catch((error: unknown) => {
      if (error instanceof ProblemError && error.status === 401) void reply.header('www-authenticate', 'Bearer');
      throw error;
    });
    await this.limits.count(principal.accountId, reply);
    refuseMissing(route, principal);
    keepToTenant(route, principal, request);
    request.principal = principal;
    if (session) request.session = session;
    return true;
  }
}

function refuseMissing({ needs }: Route, principal: Principal): void {
  if (needs !== 'caller' && needs !== 'public') requirePermission(needs, principal);
}

/** For operations of which a part needs more than the whole. @throws ProblemError 403 */
export function requirePermission(needs: Permission, principal: Pick<Principal, 'name' | 'permissions'>): void {
  if (hasPermission(principal, needs)) return;
  throw new ProblemError({
    status: 403,
    code: 'permission_missing',
    title: 'You may not do this',
    detail: `This needs the permission ${needs}; "${principal.name}" has ${principal.permissions.join(', ') || 'none'}. Ask an administrator for it.`,
  });
}

function keepToTenant({ tenancy = 'none', query: schema }: Route, { tenant, name }: Principal, request: GuardedRequest): void {
  const query = (request.query ?? {}) as Record<string, unknown>;
  const takesTenant = schema !== undefined && 'tenant' in schema.shape;
  const named = takesTenant ? query['tenant'] : undefined;
  // Named twice it is a list, which is none of its own.
  const asked = named === undefined ? null : typeof named === 'string' ? named : '';
  const decision = decideTenantReach(tenant, tenancy, asked);
  if (decision.reach === 'none') {
    const isOther = decision.reason === 'other-tenant';
    throw new ProblemError({
      status: 403,
      code: 'tenant_bound',
      title: 'You may not see this',
      detail: isOther ? `Query field tenant: "${name}" is bound to the tenant ${tenant}. Leave it out.` : `"${name}" is bound to the tenant ${tenant}, and this shows or changes what concerns others.`,
      ...(isOther ? { field: 'tenant' } : {}),
    });
  }
  if (decision.reach === 'own' && takesTenant) request.query = { ...query, tenant: decision.tenant };
}
