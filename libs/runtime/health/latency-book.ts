/** When an expert counts as slow beside the others of its layer. */
export interface LatencyLimits {
  /** Its median must be so many times that of the layer; 0: nothing counts as slow. */
  readonly slowFactor: number;
  /** And longer by at least this much. */
  readonly slowFloorMs: number;
}

/** Latest runs that a median is of. */
const RING = 16;
/** Runs that an expert needs before it is compared. */
const MIN_RUNS = 8;
/** Experts of a layer that need them: of fewer, none can be called the odd one out. */
const MIN_EXPERTS = 4;
/** Robust standard deviations above the layer's median that no expert reaches by chance. */
const DEVIATIONS = 6;
/** Standard deviation of a normal distribution in median absolute deviations: 1 / quantile(3/4). */
const MAD_TO_DEVIATION = 1.4826;

/** Runs of one layer whose token counts are of the same power of two. */
interface Cell {
  /** [experts][RING] durations, ms. */
  readonly rings: Float32Array;
  readonly runs: Uint32Array;
  seen: number;
  limitMs: number;
}

/**
 * Finds experts that are slower than the others of their layer at like token counts.
 *
 * With m_e the median of expert e's latest runs, M the lower median of all m_e and D that of |m_e - M|,
 * an expert is slow where m_e > max(slowFactor * M, M + slowFloorMs, M + 6 * 1.4826 * D): the median and
 * median absolute deviation instead of mean and variance (Leys et al. 2013), because half of the experts
 * may be slow at once. Where more than half are, the machine is slow, and nobody is called slow.
 */
export class LatencyBook {
  readonly #experts: number;
  readonly #limits: LatencyLimits;
  readonly #cells = new Map<number, Cell>();

  constructor(experts: number, limits: LatencyLimits) {
    this.#experts = experts;
    this.#limits = limits;
  }

  /** Takes a run down. True: the expert has been slow over its latest runs. */
  observe(layer: number, expert: number, tokens: number, durationMs: number): boolean {
    if (this.#limits.slowFactor === 0) return false;
    const cell = this.#cell(layer, tokens);
    const runs = cell.runs[expert]!;
    cell.rings[expert * RING + (runs % RING)] = durationMs;
    cell.runs[expert] = runs + 1;
    cell.seen += 1;
    if (cell.seen % (2 * this.#experts) === 0) cell.limitMs = this.#limit(cell);
    return durationMs > cell.limitMs && runs + 1 >= MIN_RUNS && this.#median(cell, expert) > cell.limitMs;
  }

  /** Longest that a run over so many tokens may take without being slow; infinite while too little is known. */
  limitMs(layer: number, tokens: number): number {
    return this.#cells.get(cellKey(layer, tokens))?.limitMs ?? Infinity;
  }

  /** Drops what is known of an expert, so that it is not judged by old runs when it serves again. */
  forget(layer: number, expert: number): void {
    for (const [key, { runs }] of this.#cells) if (Math.floor(key / BUCKETS) === layer) runs[expert] = 0;
  }

  #cell(layer: number, tokens: number): Cell {
    const key = cellKey(layer, tokens);
    let cell = this.#cells.get(key);
    if (!cell) {
      cell = { rings: new Float32Array(this.#experts * RING), runs: new Uint32Array(this.#experts), seen: 0, limitMs: Infinity };
      this.#cells.set(key, cell);
    }
    return cell;
  }

  #limit(cell: Cell): number {
    const medians: number[] = [];
    for (let expert = 0; expert < this.#experts; expert++) if (cell.runs[expert]! >= MIN_RUNS) medians.push(this.#median(cell, expert));
    if (medians.length < MIN_EXPERTS) return Infinity;
    const middle = lowerMedian(medians);
    const spread = lowerMedian(medians.map((median) => Math.abs(median - middle)));
    const { slowFactor, slowFloorMs } = this.#limits;
    return Math.max(slowFactor * middle, middle + slowFloorMs, middle + DEVIATIONS * MAD_TO_DEVIATION * spread);
  }

  #median({ rings, runs }: Cell, expert: number): number {
    const from = expert * RING;
    return lowerMedian([...rings.subarray(from, from + Math.min(runs[expert]!, RING))]);
  }
}

/** Token counts of 2^31 and more share the last one. */
const BUCKETS = 32;

function cellKey(layer: number, tokens: number): number {
  return layer * BUCKETS + (31 - Math.clz32(tokens));
}

function lowerMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!;
}
