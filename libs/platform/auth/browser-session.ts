import { sessionState, type SessionState } from '#libs/governance/access/session-life';
import { accountPrincipal, keyPrincipal, type StoredAccount, type StoredKey, whyEnded } from './authenticate.ts';
import { type Principal } from './scopes.ts';
import { isCsrfToken } from './session-secret.ts';

export const SESSION_COOKIE = 'signalbox_session';
/** A session that is not used for so long ends. */
export const SESSION_IDLE_MS = 2 * 3_600_000;

/** A session as its store gives it, with who acts by it. Times are epoch milliseconds. */
export interface StoredSession {
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
  readonly account: StoredAccount | null;
  /** Key that opened it and bounds it; null: its user signed in. */
  readonly key: StoredKey | null;
}

export type SessionIdentity = { readonly ok: true; readonly principal: Principal } | { readonly ok: false; readonly reason: Exclude<SessionState, 'open'> | 'unknown' };

/** Value of a cookie in a Cookie header; null where it is not there. Secrets of ours need no decoding. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/** Who acts by a session, by whatever opened it: it can do no more than its key. */
export function identifySession(session: StoredSession | null, nowMs: number): SessionIdentity {
  if (session === null) return { ok: false, reason: 'unknown' };
  const { account, key, lastSeenAtMs, expiresAtMs, revokedAtMs } = session;
  const facts = { lastSeenAtMs, expiresAtMs, revokedAtMs, isDisabled: account !== null && account.disabledAtMs !== null, keyEnded: key && whyEnded(key, nowMs) };
  const state = sessionState(facts, SESSION_IDLE_MS, nowMs);
  if (state !== 'open') return { ok: false, reason: state };
  if (key) return { ok: true, principal: { ...keyPrincipal(key), keyId: null } };
  return account ? { ok: true, principal: accountPrincipal(account) } : { ok: false, reason: 'unknown' };
}

/** What of a request's head tells where it was made. */
export interface RequestSite {
  readonly method: string;
  /** Host that it was sent to. */
  readonly host: string;
  readonly origin: string | undefined;
  readonly csrfToken: string | string[] | undefined;
}

/** Methods that change nothing, so that a link from elsewhere does no harm. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Why a session's request may have been made by another site; null where it was not. Origin is what browsers
 * say; the token is what only a page of this site can know.
 * @param publicUrl this server's address, where a proxy changes the host
 */
export function whyForeign({ method, host, origin, csrfToken }: RequestSite, secret: string, publicUrl: string | null): 'foreign_origin' | 'csrf_token_wrong' | null {
  if (SAFE_METHODS.has(method)) return null;
  const ownHost = publicUrl ? new URL(publicUrl).host : host;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== ownHost)) return 'foreign_origin';
  return typeof csrfToken === 'string' && isCsrfToken(secret, csrfToken) ? null : 'csrf_token_wrong';
}

/** What to tell who is refused for these reasons. */
export const FOREIGN_MESSAGES: Readonly<Record<'foreign_origin' | 'csrf_token_wrong', { readonly title: string; readonly field: string; readonly detail: string }>> = {
  foreign_origin: { title: 'The request comes from another site', field: 'origin', detail: 'Header field origin: it names another host. If that host is this server, set SIGNALBOX_PUBLIC_URL to it.' },
  csrf_token_wrong: { title: 'The token of the session is missing or wrong', field: 'x-csrf-token', detail: 'Header field x-csrf-token: send csrfToken of GET /api/v1/me.' },
};
