import { Inject, Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { authenticate } from '#libs/platform/auth/authenticate';
import { cookieOf, FOREIGN_MESSAGES, identifySession, SESSION_COOKIE, whyForeign } from '#libs/platform/auth/browser-session';
import { KeyUses } from '#libs/platform/auth/key-uses';
import { type Principal } from '#libs/platform/auth/scopes';
import { csrfTokenOf, sessionSecretHash } from '#libs/platform/auth/session-secret';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { KEY_STORE, type KeyStorePort, SESSIONS, type SessionsPort } from './access-ports.ts';
import { type RequestSession } from './guarded-request.ts';

export interface Identity {
  readonly principal: Principal;
  /** null for a request that came by a key. */
  readonly session: RequestSession | null;
}

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
    const identity = identifySession(session, nowMs);
    if (session === null || !identity.ok) {
      const code = `session_${identity.ok ? 'unknown' : identity.reason.replaceAll('-', '_')}`;
      throw new ProblemError({ status: 401, code, title: 'No valid session', detail: 'The session has ended. Sign in again.' });
    }
    this.#refuseForeign(request, secret);
    await this.sessions.touch(session, nowMs);
    return { principal: identity.principal, session: { id: session.id, csrfToken: csrfTokenOf(secret), expiresAtMs: session.expiresAtMs } };
  }

  #refuseForeign({ method, headers, host }: FastifyRequest, secret: string): void {
    const code = whyForeign({ method, host, origin: headers.origin, csrfToken: headers['x-csrf-token'] }, secret, this.settings.access?.publicUrl ?? null);
    if (code !== null) throw new ProblemError({ status: 403, code, ...FOREIGN_MESSAGES[code] });
  }
}
