import { CHANGE_TYPES, type ChangeType } from './change-words.ts';

/** What the address of a new request may fill in beforehand. */
export interface DraftSearch {
  /** Type of the change. */
  readonly kind?: ChangeType;
  readonly release?: string;
  /** A component version, for a recall or another card. */
  readonly sha256?: string;
  /** Components and versions, as `expert/1/3:<sha256>`, separated by commas. */
  readonly replace?: string;
  /** Experts to retire, separated by commas. */
  readonly experts?: string;
  readonly strategy?: 'at-once' | 'canary' | 'rollout';
  readonly mode?: 'open' | 'required';
  /** A live request that this one replaces once it is submitted. */
  readonly supersedes?: string;
}

const TEXTS = ['release', 'sha256', 'replace', 'experts', 'supersedes'] as const;

export function parseDraftSearch(search: Record<string, unknown>): DraftSearch {
  const { kind, strategy, mode } = search;
  return {
    ...(typeof kind === 'string' && kind in CHANGE_TYPES && { kind: kind as ChangeType }),
    ...Object.fromEntries(TEXTS.flatMap((name) => (typeof search[name] === 'string' ? [[name, search[name]]] : []))),
    ...((strategy === 'at-once' || strategy === 'canary' || strategy === 'rollout') && { strategy }),
    ...((mode === 'open' || mode === 'required') && { mode }),
  };
}
