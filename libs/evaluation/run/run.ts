import { type Sha256 } from '#libs/release/component';

export const RUN_KINDS = ['suite', 'attribution', 'concentration', 'privacy', 'recalibration'] as const;
export type RunKind = (typeof RUN_KINDS)[number];

/** What JSON can say; results and parts are kept as such. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * What a run measures, and nothing of who asked for it or when: two runs of equal specs have equal
 * results. Its digest (of canonical JSON) names it.
 */
export interface RunSpec {
  readonly format: 'signalbox.evaluation/1';
  readonly kind: RunKind;
  /** Release ids. */
  readonly candidate: Sha256;
  /** What the candidate is compared with; null: nothing. */
  readonly reference: Sha256 | null;
  /** Digest of the suite whose items are asked. */
  readonly suite: Sha256;
  /** Of the kind: seeds, counts, limits. All defaults are written out, so that a default may change. */
  readonly settings: { readonly [name: string]: Json };
}

/** `queued` and `running` go on after a restart; the others are final. */
export const RUN_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];
