import { Inject, Injectable } from '@nestjs/common';
import { authenticate } from '#libs/platform/auth/authenticate';
import { cookieOf, identifySession, SESSION_COOKIE } from '#libs/platform/auth/browser-session';
import { hasPermission, type Principal } from '#libs/platform/auth/scopes';
import { sessionSecretHash } from '#libs/platform/auth/session-secret';
import { KEY_STORE, type KeyStorePort, SESSIONS, type SessionsPort } from '../http/access-ports.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

/** With what a listener came. */
export interface ListenerCredentials {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

/** Whether who listens may go on. Listening is no use of a session: with an open page it would never idle out. */
@Injectable()
export class ListeningRight {
  constructor(
    @Inject(KEY_STORE) private readonly keys: KeyStorePort,
    @Inject(SESSIONS) private readonly sessions: SessionsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** False too where the same credentials reach something else by now, such as another tenant. */
  async holds(credentials: ListenerCredentials, caller: Pick<Principal, 'accountId' | 'tenant'>): Promise<boolean> {
    const now = await this.#principalOf(credentials);
    return now !== null && hasPermission(now, 'read') && now.tenant === caller.tenant && now.accountId === caller.accountId;
  }

  async #principalOf({ authorization, cookie }: ListenerCredentials): Promise<Principal | null> {
    const nowMs = this.settings.now();
    const secret = authorization === undefined ? cookieOf(cookie, SESSION_COOKIE) : null;
    const result = secret === null ? await authenticate(authorization, this.keys, nowMs) : identifySession(await this.sessions.findBySecret(sessionSecretHash(secret)), nowMs);
    return result.ok ? result.principal : null;
  }
}
