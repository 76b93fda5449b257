import { Controller, Inject, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { SESSION_COOKIE } from '#libs/platform/auth/browser-session';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { setCookie } from '../http/cookies.ts';
import { Caller, CallerSession, Endpoint, Input } from '../http/endpoint.ts';
import { type RequestSession } from '../http/guarded-request.ts';
import { KeyDesk } from '../keys/key-desk.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { isSecure, sessionCookie } from './session-cookie.ts';
import { ownerOf, SessionDesk } from './session-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** What a caller is and has of its own: rights, keys, sessions. */
@Controller()
export class SessionController {
  constructor(
    private readonly sessions: SessionDesk,
    private readonly keys: KeyDesk,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.getMe)
  async me(@Caller() caller: Principal, @CallerSession() session: RequestSession | null): Out<'getMe'> {
    const { accountId: account, kind, name, roles, permissions, tenant, keyId: key } = caller;
    return { account, kind, name, roles: [...roles], permissions: [...permissions], tenant, key, session: session && sessionBody(session) };
  }

  @Endpoint(ROUTES.listOwnKeys)
  listKeys(@Input() { query }: In<'listOwnKeys'>, @Caller() caller: Principal): Out<'listOwnKeys'> {
    return this.keys.listOwn(caller, query);
  }

  @Endpoint(ROUTES.createOwnKey)
  createKey(@Input() { body }: In<'createOwnKey'>, @Caller() caller: Principal): Out<'createOwnKey'> {
    return this.keys.createOwn(body, caller);
  }

  @Endpoint(ROUTES.revokeOwnKey)
  revokeKey(@Input() { params }: In<'revokeOwnKey'>, @Caller() caller: Principal): Out<'revokeOwnKey'> {
    return this.keys.revokeOwn(params.keyId, caller);
  }

  @Endpoint(ROUTES.listOwnSessions)
  listSessions(@Input() { query }: In<'listOwnSessions'>, @Caller() caller: Principal, @CallerSession() session: RequestSession | null): Out<'listOwnSessions'> {
    return this.sessions.list(ownerOf(caller), query, session);
  }

  @Endpoint(ROUTES.endOwnSession)
  endSession(@Input() { params }: In<'endOwnSession'>, @Caller() caller: Principal, @CallerSession() session: RequestSession | null): Out<'endOwnSession'> {
    return this.sessions.end(params.sessionId, caller, session);
  }

  @Endpoint(ROUTES.openSession)
  async open(@Caller() caller: Principal, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Out<'openSession'> {
    if (caller.keyId === null) {
      throw new ProblemError({ status: 409, code: 'session_exists', title: 'This came by a session already', detail: 'Send an API key as "Authorization: Bearer <key>".' });
    }
    const session = await this.sessions.open(caller);
    void reply.header('set-cookie', sessionCookie(session.secret, request, this.settings));
    return sessionBody(session);
  }

  @Endpoint(ROUTES.closeSession)
  async close(@Caller() caller: Principal, @CallerSession() session: RequestSession | null, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Out<'closeSession'> {
    void reply.header('set-cookie', setCookie(SESSION_COOKIE, '', { isSecure: isSecure(request, this.settings), maxAgeSeconds: 0 }));
    if (!session) return { ended: 0 };
    await this.sessions.end(session.id, caller, session);
    return { ended: 1 };
  }
}

function sessionBody({ id, csrfToken, expiresAtMs }: RequestSession): RouteOutput<typeof ROUTES.openSession> {
  return { id, csrfToken, expiresAt: new Date(expiresAtMs).toISOString() };
}
