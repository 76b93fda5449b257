import { type ExpertMask } from '#libs/moe/expert-mask';
import { type RoutingSettings, type ModelShape } from '#libs/release/manifest';
import { seededRandom } from '../../../../test/harness/random.ts';
import { type Attended } from '../attention-stage.ts';
import { type RoutedRequest, type StepItem } from '../forward-pass.ts';
import { type CachedSequence, type Slab } from '../kv-cache.ts';
import { LayerRouter } from '../layer-router.ts';
import { type StepPlan } from '../step-plan.ts';

const SLAB: Slab = { capacity: 64, members: [], slots: 0, keys: [], values: [] };

/** A sequence whose logits a seed determines, position by position. */
export interface RoutedSequence {
  readonly logits: (position: number, layer: number, expert: number) => number;
  readonly routed: RoutedRequest;
  readonly mask: ExpertMask | null;
  readonly cache: CachedSequence;
  /** Of every decision so far, as text: experts, gates as recorded and as applied, flags, lost mass, overflow. */
  readonly decisions: string[];
}

/** Runs a layer router over made-up logits: what routing does, without a model. */
export class RouterDriver {
  readonly router: LayerRouter;
  readonly #shape: Pick<ModelShape, 'layers' | 'experts'>;
  readonly #topK: number;
  #nextId = 1;

  constructor(layers: number, experts: number, routing: RoutingSettings) {
    this.#shape = { layers, experts };
    this.#topK = routing.topK;
    const biases = routing.gating === 'sigmoid-bias' ? Array.from({ length: layers }, () => Float32Array.from({ length: experts }, (_, expert) => (expert % 3) * 0.2 - 0.2)) : null;
    this.router = new LayerRouter({ layers, experts } as ModelShape, routing, biases);
  }

  open(seed: number, promptTokens: number, more: Partial<RoutedRequest> & { mask?: ExpertMask | null } = {}): RoutedSequence {
    const { mask = null, ...routed } = more;
    return {
      logits: logitsOf(seed),
      routed: { promptTokens, seed, tenant: null, generalist: false, ...routed },
      mask,
      cache: { id: this.#nextId++, length: 0, slab: SLAB, slot: 0 },
      decisions: [],
    };
  }

  fork(from: RoutedSequence): RoutedSequence {
    const copy = { ...from, cache: { ...from.cache, id: this.#nextId++ }, decisions: [...from.decisions] };
    this.router.fork(from.cache, copy.cache);
    return copy;
  }

  /** @param again selects every layer twice, as a step does when an expert failed; @param fails the step is given up */
  step(parts: readonly (readonly [RoutedSequence, number])[], { nowMs = 0, again = false, fails = false, unavailable = null as ExpertMask | null } = {}): void {
    const items: StepItem[] = parts.map(([{ cache, routed, mask }, tokens]) => ({ cache, tokens: new Uint32Array(tokens), logitsFrom: tokens, routed, expertMask: mask }));
    let row = 0;
    const masked = parts.some(([{ mask }]) => mask !== null);
    const groups = parts.map(([{ cache, mask }, tokens]) => {
      const group = { slab: SLAB, slot: 0, sequences: [cache], masks: masked ? [mask] : null, tokens, row };
      row += tokens;
      return group;
    });
    const plan: StepPlan = { rows: row, groups, itemRows: groups.map((group) => group.row), masked };
    const selections = this.router.begin(items, plan, nowMs);
    for (let layer = 0; layer < this.#shape.layers; layer++) {
      const attended = parts.map(([sequence, tokens], at): Attended => ({ group: groups[at]!, normed: new Float32Array(0), logits: this.#logits(sequence, tokens, layer) }));
      this.router.select(attended, layer, selections, unavailable);
      if (again) this.router.select(attended, layer, selections, unavailable);
    }
    if (fails) return;
    this.router.commit();
    const { layers } = this.#shape;
    for (const [at, [sequence, tokens]] of parts.entries()) {
      for (let decision = groups[at]!.row * layers; decision < (groups[at]!.row + tokens) * layers; decision++) {
        const ranks = (array: Float32Array | Uint16Array): string => [...array.subarray(decision * this.#topK, (decision + 1) * this.#topK)].join();
        const { expertIds, gates, applied, flags, lostMass, overflow } = selections;
        sequence.decisions.push([ranks(expertIds), ranks(gates), ranks(applied), flags?.[decision] ?? 0, lostMass?.[decision] ?? 0, overflow?.[decision] ?? 0].join(' '));
      }
      sequence.cache.length += tokens;
    }
  }

  #logits({ logits, cache }: RoutedSequence, tokens: number, layer: number): Float32Array {
    const { experts } = this.#shape;
    return Float32Array.from({ length: tokens * experts }, (_, at) => logits(cache.length + Math.floor(at / experts), layer, at % experts));
  }
}

/** Some experts are liked more than others, so that they fill up. */
function logitsOf(seed: number): RoutedSequence['logits'] {
  return (position, layer, expert) => {
    const random = seededRandom(seed * 1_000_003 + position * 977 + layer * 31 + expert);
    random();
    return Math.round((random() * 3 - 1.5 + (expert < 3 ? 0.8 : 0)) * 64) / 64;
  };
}
