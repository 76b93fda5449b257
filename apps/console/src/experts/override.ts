import { useState } from 'react';
import { type ProtectionOverride } from '../api/gen/types.gen.ts';
import { problemOf } from '../api/problem.ts';

const CODES: ReadonlySet<string> = new Set(['protected_expert', 'evidence_unknown', 'evidence_unfit', 'override_not_permitted']);

/** What is given for taking a protected expert away. */
export interface OverrideDraft {
  readonly evaluationId: string;
  readonly isEmergency: boolean;
}

/** Whether the server refused because an expert is protected, or because what was given to override that is not enough. */
export function isAboutProtection(error: unknown): boolean {
  if (error === null || error === undefined) return false;
  const { code, field } = problemOf(error, undefined);
  return CODES.has(code) || field === 'override' || (field?.startsWith('override.') ?? false);
}

/** The part of a request that overrides the protection. Without a run or an emergency it is left out, and the server says what is missing. */
export function overrideOf({ evaluationId, isEmergency }: OverrideDraft, reason: string): { readonly override?: ProtectionOverride } {
  const run = evaluationId.trim();
  return run === '' && !isEmergency ? {} : { override: { reason, emergency: isEmergency, ...(run !== '' && { evaluationId: run }) } };
}

/** The draft of an override, and whether it is asked for: where an expert is known to be protected, and once the server has refused for that. */
export function useOverride(error: unknown, isProtected = false) {
  const [draft, setDraft] = useState<OverrideDraft>({ evaluationId: '', isEmergency: false });
  const [wasRefused, setRefused] = useState(false);
  // A further try clears the error; the fields stay.
  if (!wasRefused && isAboutProtection(error)) setRefused(true);
  return { draft, setDraft, isAsked: isProtected || wasRefused };
}
