import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { csrfTokenOf, newSessionSecret, sessionSecretHash } from '#libs/platform/auth/session-secret';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type SessionOwner, type SessionRecord } from '#libs/store/accounts/sessions';
import { SESSIONS, type SessionsPort } from '../http/access-ports.ts';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page } from '../http/cursor.ts';
import { type RequestSession } from '../http/guarded-request.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { SESSION_MAX_MS } from './session-limits.ts';

type SessionBody = RouteOutput<typeof ROUTES.endOwnSession>;

export interface OpenedSession extends RequestSession {
  /** For the cookie; stored as a hash only. */
  readonly secret: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opens and ends sessions of browsers. */
@Injectable()
export class SessionDesk {
  constructor(
    @Inject(SESSIONS) private readonly sessions: SessionsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** A session for whoever came by a key, or signed in (then `keyId` is null). */
  async open(caller: Principal): Promise<OpenedSession> {
    const secret = newSessionSecret();
    const id = randomUUID();
    const createdAtMs = this.settings.now();
    const expiresAtMs = createdAtMs + SESSION_MAX_MS;
    const accountId = caller.accountId.startsWith('key:') ? null : caller.accountId;
    await this.sessions.open(
      { id, secretHash: sessionSecretHash(secret), accountId, keyId: caller.keyId, createdAtMs, expiresAtMs },
      auditOf(caller, createdAtMs, 'session.open', `session/${id}`, { by: caller.keyId === null ? 'sign-in' : 'key' }),
    );
    return { id, secret, csrfToken: csrfTokenOf(secret), expiresAtMs };
  }

  async list(owner: SessionOwner, { cursor, limit }: RouteInput<typeof ROUTES.listOwnSessions>['query'], current: RequestSession | null): Promise<RouteOutput<typeof ROUTES.listOwnSessions>> {
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (typeof createdAtMs === 'number' && typeof id === 'string' && UUID.test(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.sessions.list(owner, limit + 1, after), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    return { items: items.map((session) => sessionBody(session, current)), nextCursor };
  }

  /** Ends one session of the caller's. */
  async end(id: string, caller: Principal, current: RequestSession | null): Promise<SessionBody> {
    const atMs = this.settings.now();
    const ended = await this.sessions.end(ownerOf(caller), id, atMs, auditOf(caller, atMs, 'session.end', `session/${id}`));
    if (!ended) throw new ProblemError({ status: 404, code: 'session_not_found', title: 'No such session', detail: 'GET /api/v1/me/sessions lists those of your account.' });
    return sessionBody(ended, current);
  }

  async endAll(accountId: string, caller: Principal): Promise<RouteOutput<typeof ROUTES.endAccountSessions>> {
    const atMs = this.settings.now();
    return { ended: await this.sessions.endAll(accountId, atMs, auditOf(caller, atMs, 'session.end', `account/${accountId}`)) };
  }
}

/** Whose sessions a caller may see: its account's, or those of a key that has none. */
export function ownerOf({ accountId }: Principal): SessionOwner {
  return accountId.startsWith('key:') ? { keyId: accountId.slice('key:'.length) } : { accountId };
}

function sessionBody({ id, keyId, createdAtMs, lastSeenAtMs, expiresAtMs, revokedAtMs }: SessionRecord, current: RequestSession | null): SessionBody {
  return {
    id,
    by: keyId === null ? 'sign-in' : 'key',
    createdAt: new Date(createdAtMs).toISOString(),
    lastSeenAt: new Date(lastSeenAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    endedAt: revokedAtMs === null ? null : new Date(revokedAtMs).toISOString(),
    isThis: current?.id === id,
  };
}
