export const KINDS = ['suite', 'attribution', 'concentration', 'privacy', 'recalibration'] as const;
export type Kind = (typeof KINDS)[number];
const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const SHA256 = /^[0-9a-f]{64}$/;

type Search = Readonly<Record<string, unknown>>;

/** Filters of the list, as the address has them. What is left out filters nothing. */
export interface EvaluationsSearch {
  readonly state?: (typeof STATES)[number];
  readonly kind?: Kind;
  /** Only runs that it is the candidate or the reference of. */
  readonly release?: string;
  readonly suite?: string;
}

export function parseEvaluations({ state, kind, release, suite }: Search): EvaluationsSearch {
  return { ...oneOf('state', STATES, state), ...oneOf('kind', KINDS, kind), ...digest('release', release), ...digest('suite', suite) };
}

/** What the form that starts a run is filled with. */
export interface StartSearch {
  readonly kind?: Kind;
  readonly candidate?: string;
  readonly reference?: string;
  readonly suite?: string;
}

export function parseStart({ kind, candidate, reference, suite }: Search): StartSearch {
  return { ...oneOf('kind', KINDS, kind), ...digest('candidate', candidate), ...digest('reference', reference), ...digest('suite', suite) };
}

function oneOf<N extends string, T extends string>(name: N, known: readonly T[], value: unknown): { readonly [K in N]?: T } {
  const found = known.find((one) => one === value);
  return (found === undefined ? {} : { [name]: found }) as { readonly [K in N]?: T };
}

function digest<N extends string>(name: N, value: unknown): { readonly [K in N]?: string } {
  return (typeof value === 'string' && SHA256.test(value) ? { [name]: value } : {}) as { readonly [K in N]?: string };
}
