export const SESSION_COOKIE = 'signalbox_session';
/** Ties a sign-in under way to the browser that began it. */
export const SIGN_IN_COOKIE = 'signalbox_sign_in';

/** Value of a cookie in a Cookie header; null where it is not there. Secrets of ours need no decoding. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

export interface CookieOptions {
  readonly isSecure: boolean;
  readonly maxAgeSeconds: number;
  readonly path?: string;
}

/** A Set-Cookie value that scripts cannot read and other sites send along with navigations only. An age of 0 removes it. */
export function setCookie(name: string, value: string, { isSecure, maxAgeSeconds, path = '/' }: CookieOptions): string {
  return `${name}=${value}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
}
