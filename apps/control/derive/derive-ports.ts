import { type WeightedExpert } from '#libs/checkpoint/derive/densify-release';
import { type Selection } from '#libs/checkpoint/derive/quantise-release';
import { type Precision } from '#libs/release/quantised-tensor';
import { type ImportOutcome, type ImportProgress } from '#libs/store/imports/import-job';
import { type StoredRelease } from '#libs/store/releases/releases';

export const RELEASE_DERIVER = Symbol('ReleaseDeriver');

/** What to make of a release. */
export type Derivation =
  | { readonly kind: 'quantise'; readonly precision: Precision; readonly components: Selection }
  | { readonly kind: 'densify'; readonly model: string; readonly chosen: readonly (readonly WeightedExpert[])[] };

export interface DeriveOrder {
  readonly base: StoredRelease;
  readonly derivation: Derivation;
  /** Account that ordered it. */
  readonly actor: string;
  /** Why, for people. */
  readonly note: string;
}

/** Makes component versions and the release that holds them; it is saved, but not activated. */
export interface ReleaseDeriver {
  /** @throws DeriveError for what is wrong with the order; the signal's reason when aborted */
  run(order: DeriveOrder, signal: AbortSignal, onProgress: (progress: ImportProgress) => void): Promise<ImportOutcome>;
}
