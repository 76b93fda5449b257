/** Ties a sign-in under way to the browser that began it. */
export const SIGN_IN_COOKIE = 'signalbox_sign_in';

export interface CookieOptions {
  readonly isSecure: boolean;
  readonly maxAgeSeconds: number;
  readonly path?: string;
}

/** A Set-Cookie value that scripts cannot read and other sites send along with navigations only. An age of 0 removes it. */
export function setCookie(name: string, value: string, { isSecure, maxAgeSeconds, path = '/' }: CookieOptions): string {
  return `${name}=${value}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
}
