const SHA256 = /^[0-9a-f]{64}$/;
const ASKED = ['add-key', 'policy', 'model-policy'] as const;

/** What the address of the trust page asks about: a command, or the key that shall be revoked. */
export interface TrustSearch {
  readonly ask?: (typeof ASKED)[number];
  readonly revoke?: string;
}

export function parseTrust({ ask, revoke }: Readonly<Record<string, unknown>>): TrustSearch {
  return {
    ...(ASKED.includes(ask as 'policy') && { ask: ask as 'policy' }),
    ...(typeof revoke === 'string' && SHA256.test(revoke) && { revoke }),
  };
}
