import { routingSpread } from '#libs/stats/routing-spread';
import { type RepetitionSettings } from './admission-settings.ts';

/** What a release needs for its requests to be watched. */
export interface RepetitionRules {
  readonly settings: RepetitionSettings;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

export type RepetitionVerdict =
  | { readonly reason: 'too-short' }
  | { readonly reason: 'usual'; readonly spread: number }
  | { readonly reason: 'repetition'; readonly spread: number };

/** Looks at the routing of one prompt as its chunks run. The verdict depends on that prompt alone. */
export class RepetitionWatch {
  readonly #rules: RepetitionRules;
  readonly #counts: Uint32Array;
  #rows = 0;

  constructor(rules: RepetitionRules) {
    this.#rules = rules;
    this.#counts = new Uint32Array(rules.layers * rules.experts);
  }

  /** @param expertIds [row][layer][k] */
  add(expertIds: Uint16Array): RepetitionVerdict {
    const { layers, experts, topK, settings } = this.#rules;
    for (let at = 0; at < expertIds.length; at++) {
      const layer = Math.floor(at / topK) % layers;
      this.#counts[layer * experts + expertIds[at]!]! += 1;
    }
    this.#rows += expertIds.length / (layers * topK);
    if (this.#rows < settings.minTokens) return { reason: 'too-short' };
    const spread = routingSpread(this.#counts, layers, experts, topK);
    return { reason: spread <= settings.maxSpread ? 'repetition' : 'usual', spread };
  }
}
