import { type Choice } from '../ui/fields.tsx';

const DAY_MS = 86_400_000;
const DAYS: Readonly<Record<string, number | null>> = { '7d': 7, '30d': 30, '90d': 90, '365d': 365, never: null };

/** How long a new key may work. */
export const EXPIRY_CHOICES: readonly Choice[] = [
  { value: '30d', label: '30 days' },
  { value: '7d', label: '7 days' },
  { value: '90d', label: '90 days' },
  { value: '365d', label: 'a year' },
  { value: 'never', label: 'until it is revoked' },
];

/** ISO 8601; undefined for a key that works until it is revoked. */
export function expiresAt(choice: string | undefined, nowMs: number): string | undefined {
  const days = DAYS[choice ?? 'never'] ?? null;
  return days === null ? undefined : new Date(nowMs + days * DAY_MS).toISOString();
}

export type KeyState = 'valid' | 'expires soon' | 'expired' | 'revoked';
const SOON_MS = 7 * DAY_MS;

export function keyState({ expiresAt: end, revokedAt }: { readonly expiresAt: string | null; readonly revokedAt: string | null }, nowMs: number): KeyState {
  if (revokedAt !== null) return 'revoked';
  if (end === null) return 'valid';
  const leftMs = Date.parse(end) - nowMs;
  return leftMs <= 0 ? 'expired' : leftMs < SOON_MS ? 'expires soon' : 'valid';
}

type SessionState = 'open' | 'unused for too long' | 'over' | 'ended';

/** @param idleMs a session that is not used for so long ends; null where it is not known */
export function sessionState({ endedAt, expiresAt: end, lastSeenAt }: { readonly endedAt: string | null; readonly expiresAt: string; readonly lastSeenAt: string }, nowMs: number, idleMs: number | null): SessionState {
  if (endedAt !== null) return 'ended';
  if (Date.parse(end) <= nowMs) return 'over';
  return idleMs !== null && nowMs - Date.parse(lastSeenAt) > idleMs ? 'unused for too long' : 'open';
}
