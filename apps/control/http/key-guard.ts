import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type Route } from '#libs/contract/management/route';
import { authenticate, type KeyStore } from '#libs/platform/auth/authenticate';
import { hasPermission } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { type GuardedRequest, ROUTE } from './guarded-request.ts';

export const KEY_STORE = Symbol('KeyStore');

/** Lets a request through that carries a key whose caller has the permission its route needs. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    @Inject(KEY_STORE) private readonly keyStore: KeyStore,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const { needs } = Reflect.getMetadata(ROUTE, context.getHandler()) as Route;
    const result = await authenticate(request.headers.authorization, this.keyStore, this.settings.now());
    if (!result.ok) {
      http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer');
      throw new ProblemError({ status: 401, code: `key_${result.reason}`, title: 'No valid API key', detail: result.message });
    }
    if (!hasPermission(result.principal, needs)) {
      throw new ProblemError({
        status: 403,
        code: 'permission_missing',
        title: 'You may not do this',
        detail: `This needs the permission ${needs}; "${result.principal.name}" has ${result.principal.permissions.join(', ') || 'none'}. Ask an administrator for it.`,
      });
    }
    request.principal = result.principal;
    return true;
  }
}
