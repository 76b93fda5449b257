import { freezeLayerBaseline, type LayerBaseline } from '#libs/detection/stream/layer-baseline';
import { requestRouting } from '#libs/detection/stream/layer-requests';
import { DEFAULT_LAYER_BASELINE } from '#libs/detection/stream/settings';
import { type RoutingTrace } from '#libs/trace/trace';

/** A model as large as the benchmark says, and its requests. */
export interface Shape {
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly tokens: number;
}

const VOCABULARY = 2000;
/** Of ten selections so many are what the token prefers. */
const PREFERRED = 0.7;

/** A request whose tokens follow Zipf's law; each token prefers experts of its own in each layer, moved on by `turned` experts. */
export function drawTrace({ layers, experts, topK, tokens }: Shape, turned: number, random: () => number): RoutingTrace {
  const tokenIds = Uint32Array.from({ length: tokens }, () => Math.min(VOCABULARY - 1, Math.floor(VOCABULARY ** random()) - 1));
  const expertIds = new Uint16Array(tokens * layers * topK);
  const gates = new Float32Array(expertIds.length);
  let at = 0;
  for (let row = 0; row < tokens; row += 1) {
    for (let layer = 0; layer < layers; layer += 1) {
      for (let k = 0; k < topK; k += 1, at += 1) {
        expertIds[at] = random() < PREFERRED ? (preferred(tokenIds[row]!, layer, k) + turned) % experts : Math.floor(random() * experts);
        gates[at] = (topK - k) / ((topK * (topK + 1)) / 2);
      }
    }
  }
  return { layers, experts, topK, promptRows: tokens, choiceRows: [], tokenIds, expertIds, gates, flagged: [] };
}

function preferred(token: number, layer: number, k: number): number {
  return Math.imul(token * 64 + k + 1, 0x9e3779b1 ^ Math.imul(layer + 1, 0x85ebca6b)) >>> 9;
}

/** Frozen of requests drawn from the pool that the stream is drawn from too, so that nothing has changed. */
export function freezeLayer(pool: readonly RoutingTrace[], layer: number, requests: number, random: () => number): LayerBaseline {
  const routed = pool.map((trace) => requestRouting(trace, layer));
  return freezeLayerBaseline(
    Array.from({ length: requests }, () => ({ mix: 'all', request: routed[Math.floor(random() * routed.length)]! })),
    DEFAULT_LAYER_BASELINE,
  );
}
