import { type RecordedRequest } from '../api/gen/types.gen.ts';

type DecisionFlag = NonNullable<RecordedRequest['flags']>[number];

/** What happened to a decision that was not the plain top-k, in words, and its sign where there is little room. */
export const FLAG_WORDS: Readonly<Record<DecisionFlag, { readonly sign: string; readonly meaning: string }>> = {
  dropped: { sign: 'D', meaning: 'An expert was full, and the token went on without it.' },
  rerouted: { sign: 'R', meaning: 'An expert was full, and the token went to another one.' },
  masked: { sign: 'M', meaning: 'A data rule kept the token from an expert.' },
  fallback: { sign: 'F', meaning: 'Fewer experts served than the router would have taken, or others.' },
  unavailable: { sign: 'U', meaning: 'An expert was quarantined or failing, and the token went on without it.' },
  generalist: { sign: 'G', meaning: 'The generalist path served the token.' },
};
