import { Inject, Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { sessionState } from '#libs/governance/access/session-life';
import { accountPrincipal, authenticate, keyPrincipal, whyEnded } from '#libs/platform/auth/authenticate';
import { KeyUses } from '#libs/platform/auth/key-uses';
import { type Principal } from '#libs/platform/auth/scopes';
import { csrfTokenOf, isCsrfToken, sessionSecretHash } from '#libs/platform/auth/session-secret';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type SessionInUse } from '#libs/store/accounts/sessions';
import { SESSION_IDLE_MS } from '../session/session-limits.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { KEY_STORE, type KeyStorePort, SESSIONS, type SessionsPort } from './access-ports.ts';
import { cookieOf, SESSION_COOKIE } from './cookies.ts';
import { type RequestSession } from './guarded-request.ts';

export interface Identity {
  readonly principal: Principal;
  /** null for a request that came by a key. */
  readonly session: RequestSession | null;
}

/** Methods that change nothing, so that a link from elsewhere does no harm. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Finds out who makes a request: by its key, or else by the session of its browser. */
@Injectable()
export class CallerAuthenticator {
  readonly #uses = new KeyUses();

  constructor(
    @Inject(KEY_STORE) private readonly keys: KeyStorePort,
    @Inject(SESSIONS) private readonly sessions: SessionsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** @throws ProblemError 401 with the reason; 403 for a session's request that another site may have made */
  async identify(request: FastifyRequest): Promise<Identity> {
    const { authorization, cookie } = request.headers;
    const secret = authorization === undefined ? cookieOf(cookie, SESSION_COOKIE) : null;
    return secret === null ? this.#byKey(authorization) : this.#bySession(request, secret);
  }

  async #byKey(authorization: string | undefined): Promise<Identity> {
    const nowMs = this.settings.now();
    const result = await authenticate(authorization, this.keys, nowMs);
    if (!result.ok) throw new ProblemError({ status: 401, code: `key_${result.reason}`, title: 'No valid API key', detail: result.message });
    const { keyId } = result.principal;
    if (keyId !== null && this.#uses.isDue(keyId, nowMs)) await this.keys.touch?.(keyId, nowMs);
    return { principal: result.principal, session: null };
  }

  async #bySession(request: FastifyRequest, secret: string): Promise<Identity> {
    const nowMs = this.settings.now();
    const session = await this.sessions.findBySecret(sessionSecretHash(secret));
    const state = session && sessionState(factsOf(session, nowMs), SESSION_IDLE_MS, nowMs);
    const principal = session && principalOf(session);
    if (!principal || state !== 'open') {
      const code = state === null ? 'session_unknown' : `session_${state?.replaceAll('-', '_')}`;
      throw new ProblemError({ status: 401, code, title: 'No valid session', detail: 'The session has ended. Sign in again.' });
    }
    if (!SAFE_METHODS.has(request.method)) this.#refuseForeign(request, secret);
    await this.sessions.touch(session, nowMs);
    return { principal, session: { id: session.id, csrfToken: csrfTokenOf(secret), expiresAtMs: session.expiresAtMs } };
  }

  #refuseForeign({ headers, host }: FastifyRequest, secret: string): void {
    const ownHost = this.settings.access?.publicUrl ? new URL(this.settings.access.publicUrl).host : host;
    const { origin } = headers;
    if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== ownHost)) {
      throw new ProblemError({ status: 403, code: 'foreign_origin', title: 'The request comes from another site', detail: 'Header field origin: it names another host. If that host is this server, set SIGNALBOX_PUBLIC_URL to it.', field: 'origin' });
    }
    const token = headers['x-csrf-token'];
    if (typeof token !== 'string' || !isCsrfToken(secret, token)) {
      throw new ProblemError({ status: 403, code: 'csrf_token_wrong', title: 'The token of the session is missing or wrong', detail: 'Header field x-csrf-token: send csrfToken of GET /api/v1/me.', field: 'x-csrf-token' });
    }
  }
}

function factsOf({ account, key, lastSeenAtMs, expiresAtMs, revokedAtMs }: SessionInUse, nowMs: number): Parameters<typeof sessionState>[0] {
  return { lastSeenAtMs, expiresAtMs, revokedAtMs, isDisabled: account !== null && account.disabledAtMs !== null, keyEnded: key && whyEnded(key, nowMs) };
}

/** By whatever opened it: a session can do no more than its key. */
function principalOf({ account, key }: SessionInUse): Principal | null {
  if (key) return { ...keyPrincipal(key), keyId: null };
  return account && accountPrincipal(account);
}
