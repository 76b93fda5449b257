import { DDSketch } from '@datadog/sketches-js';
import { type ExpertTiming } from '../forward/forward-pass.ts';
import { type ExpertFigures } from './engine.ts';

interface Tally {
  readonly layer: number;
  readonly expert: number;
  tokens: number;
  runs: number;
  readonly sketch: DDSketch;
}

/** Relative error of the latency quantiles. Sketches merge only when they agree on it. */
const RELATIVE_ACCURACY = 0.01;
const EXPERTS_PER_LAYER_BOUND = 0x10000;

/** Adds up expert timings between two drains. Experts that did not run are left out. */
export class ExpertTallies {
  #tallies = new Map<number, Tally>();

  add(timings: readonly ExpertTiming[]): void {
    for (const { layer, expert, tokens, durationMs } of timings) {
      const key = layer * EXPERTS_PER_LAYER_BOUND + expert;
      let tally = this.#tallies.get(key);
      if (!tally) {
        tally = { layer, expert, tokens: 0, runs: 0, sketch: new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY }) };
        this.#tallies.set(key, tally);
      }
      tally.tokens += tokens;
      tally.runs += 1;
      tally.sketch.accept(durationMs / 1000);
    }
  }

  drain(): ExpertFigures[] {
    const figures = [...this.#tallies.values()].map(({ sketch, ...counts }) => ({ ...counts, latencySketch: Uint8Array.from(sketch.toProto()) }));
    this.#tallies = new Map();
    return figures.toSorted((a, b) => a.layer - b.layer || a.expert - b.expert);
  }
}
