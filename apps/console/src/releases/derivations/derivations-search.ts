/** What the address of the derivations holds: what is to be made, and of which release. */
export interface DerivationsSearch {
  readonly kind?: 'densify';
  readonly release?: string;
}

export function parseDerivations({ kind, release }: Readonly<Record<string, unknown>>): DerivationsSearch {
  return { ...(kind === 'densify' && { kind }), ...(typeof release === 'string' && /^[\da-f]{64}$/.test(release) && { release }) };
}
