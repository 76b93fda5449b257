import { type EvaluationBody } from '../../api/gen/types.gen.ts';
import { type Kind, type StartSearch } from '../evaluation-search.ts';
import { KIND_WORDS } from '../run-words.ts';

export interface StartDraft {
  readonly kind: Kind;
  readonly candidate: string;
  /** Empty: nothing to compare with. */
  readonly reference: string;
  readonly suite: string;
  /** JSON; empty: the defaults. */
  readonly settings: string;
}

export interface StartChoices {
  /** Release ids, newest first. */
  readonly releases: readonly string[];
  /** The release that serves now. */
  readonly stable: string | null;
  /** Digests, newest first. */
  readonly suites: readonly string[];
}

/** What the form begins with: what the address says, else the newest release against the one that serves. */
export function newDraft(given: StartSearch, { releases, stable, suites }: StartChoices): StartDraft {
  const kind = given.kind ?? 'suite';
  const candidate = given.candidate ?? releases.find((one) => one !== (given.reference ?? stable)) ?? stable ?? '';
  const reference = given.reference ?? (stable !== null && stable !== candidate ? stable : '');
  return { kind, candidate, reference: KIND_WORDS[kind].reference === 'none' ? '' : reference, suite: given.suite ?? suites[0] ?? '', settings: '' };
}

export interface DraftProblem {
  readonly field: 'candidate' | 'reference' | 'suite' | 'settings';
  readonly detail: string;
}

/** What is wrong with a draft and how to put it right; null where nothing is. */
export function problemOfDraft({ kind, candidate, reference, suite, settings }: StartDraft): DraftProblem | null {
  if (candidate === '') return { field: 'candidate', detail: 'Choose the release to evaluate.' };
  if (suite === '') return { field: 'suite', detail: 'Choose a suite.' };
  if (KIND_WORDS[kind].reference === 'needed' && reference === '') return { field: 'reference', detail: 'Attribution swaps the parts of two releases: choose the old one.' };
  if (KIND_WORDS[kind].reference !== 'none' && reference === candidate) return { field: 'reference', detail: 'This is the candidate itself: choose another release, or nothing.' };
  return settingsOf(settings) === null ? { field: 'settings', detail: 'Give a JSON object such as {"seed": 7}, or nothing.' } : null;
}

/** null where the text is no JSON object. */
function settingsOf(text: string): Record<string, unknown> | null {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

export function bodyOf({ kind, candidate, reference, suite, settings }: StartDraft): EvaluationBody {
  return { kind, candidate, suite, reference: KIND_WORDS[kind].reference === 'none' || reference === '' ? null : reference, settings: settingsOf(settings) ?? {} };
}
