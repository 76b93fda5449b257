import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits, for a cookie. */
export function newSessionSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a session's secret: one hash, as nobody can try 2^256 secrets. */
export function sessionSecretHash(secret: string): Buffer {
  return createHash('sha256').update('signalbox.session').update(secret).digest();
}

/**
 * The token that a page must send besides the cookie, which scripts cannot read and other sites cannot
 * set as a header. It follows from the secret, so nothing more is stored, and gives nothing of it away.
 */
export function csrfTokenOf(secret: string): string {
  return createHash('sha256').update('signalbox.csrf').update(secret).digest('base64url');
}

/** Compares in constant time. */
export function isCsrfToken(secret: string, token: string): boolean {
  const expected = Buffer.from(csrfTokenOf(secret));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
