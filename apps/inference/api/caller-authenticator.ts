import { type OpenAiFailure } from '#libs/contract/openai/error';
import { type Authentication } from '#libs/platform/auth/authenticate';
import { cookieOf, FOREIGN_MESSAGES, identifySession, SESSION_COOKIE, whyForeign } from '#libs/platform/auth/browser-session';
import { cachedLookUp } from '#libs/platform/auth/cached-key-store';
import { KeyUses } from '#libs/platform/auth/key-uses';
import { sessionSecretHash } from '#libs/platform/auth/session-secret';
import { type SessionInUse, type Sessions } from '#libs/store/accounts/sessions';
import { CACHE_LIMITS, type KeyAuthenticator } from './key-authenticator.ts';

/** What of a request's head tells who asks, and where it was made. */
export interface CallerHead {
  readonly method: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>> & { readonly authorization?: string | undefined; readonly cookie?: string | undefined; readonly origin?: string | undefined };
}

/** The session of a browser lets nobody in. */
interface SessionRefused {
  readonly ok: false;
  readonly failure: OpenAiFailure;
}
export type CallerAuthentication = Authentication | SessionRefused;
export type Authenticator = (head: CallerHead, nowMs: number) => Promise<CallerAuthentication>;

export type SessionsPort = Pick<Sessions, 'findBySecret' | 'touch'>;

/**
 * Finds out who asks: by its key, or else by the session of its browser under the same rules as the management
 * API's. A key wins where both come, so that a page can ask in the name of a key as any other client does.
 * Sessions are remembered as keys are: one that was revoked is refused after 5 s at the latest.
 */
export function callerAuthenticator(byKey: KeyAuthenticator, sessions: SessionsPort, publicUrl: string | null, nowMs: () => number): Authenticator {
  // The cookie's value is no name to keep in memory; its hash is what is stored too.
  const find = cachedLookUp<SessionInUse>((hash) => sessions.findBySecret(Buffer.from(hash, 'base64')), { ...CACHE_LIMITS, now: nowMs });
  const uses = new KeyUses();
  return async ({ method, host, headers }, atMs) => {
    const secret = headers.authorization === undefined ? cookieOf(headers.cookie, SESSION_COOKIE) : null;
    if (secret === null) return byKey(headers.authorization, atMs);
    const session = await find(sessionSecretHash(secret).toString('base64'));
    const identity = identifySession(session, atMs);
    if (session === null || !identity.ok) return { ok: false, failure: SESSION_ENDED };
    const foreign = whyForeign({ method, host, origin: headers.origin, csrfToken: headers['x-csrf-token'] }, secret, publicUrl);
    if (foreign !== null) return { ok: false, failure: foreignFailure(foreign) };
    // No request waits for a note of its use, nor fails with it.
    if (uses.isDue(session.id, atMs)) sessions.touch(session, atMs).catch(() => undefined);
    return { ok: true, principal: identity.principal };
  };
}

const SESSION_ENDED: OpenAiFailure = {
  status: 401,
  type: 'invalid_request_error',
  code: 'invalid_session',
  param: null,
  message: 'The session has ended. Sign in again, or send an API key as "Authorization: Bearer <key>".',
};

function foreignFailure(code: keyof typeof FOREIGN_MESSAGES): OpenAiFailure {
  const { detail, field } = FOREIGN_MESSAGES[code];
  return { status: 403, type: 'permission_error', code, param: field, message: detail };
}
