import { type Command, COMMANDS } from './serving/command-words.ts';

const SHA256 = /^[0-9a-f]{64}$/;
type Search = Readonly<Record<string, unknown>>;

/** What the address of Serving names: a command that is being asked about, and the release for it. */
export interface ServingSearch {
  readonly command?: Command;
  readonly release?: string;
}

export function parseServing({ command, release }: Search): ServingSearch {
  return { ...(COMMANDS.includes(command as Command) && { command: command as Command }), ...digest('release', release) };
}

export interface CompareSearch {
  readonly a?: string;
  readonly b?: string;
}

export function parseCompare({ a, b }: Search): CompareSearch {
  return { ...digest('a', a), ...digest('b', b) };
}

const KINDS = ['backbone', 'tokenizer', 'router', 'expert'] as const;

export interface ComponentsSearch {
  readonly kind?: (typeof KINDS)[number];
  readonly name?: string;
  readonly text?: string;
  readonly recalled?: 'true' | 'false';
  /** Of every model, not only of the chosen one. */
  readonly all?: true;
}

export function parseComponents({ kind, name, text, recalled, all }: Search): ComponentsSearch {
  return {
    ...(KINDS.includes(kind as 'router') && { kind: kind as 'router' }),
    ...(typeof name === 'string' && name !== '' && { name }),
    ...(typeof text === 'string' && text !== '' && { text }),
    ...((recalled === 'true' || recalled === true) && { recalled: 'true' as const }),
    ...((recalled === 'false' || recalled === false) && { recalled: 'false' as const }),
    ...(all === true && { all: true as const }),
  };
}

export interface ComponentSearch {
  /** Version to compare with. */
  readonly against?: string;
}

export function parseComponent({ against }: Search): ComponentSearch {
  return digest('against', against);
}

export interface CandidateSearch {
  /** Release that a new rollout is about. */
  readonly candidate?: string;
}

export function parseCandidate({ candidate }: Search): CandidateSearch {
  return digest('candidate', candidate);
}

function digest<N extends string>(name: N, value: unknown): { readonly [K in N]?: string } {
  return (typeof value === 'string' && SHA256.test(value) ? { [name]: value } : {}) as { readonly [K in N]?: string };
}
