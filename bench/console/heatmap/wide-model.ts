import { type DataSource } from 'typeorm';
import { type ReleaseManifest } from '#libs/release/manifest';
import { Segments, segmentKey } from '#libs/store/capture/segments';
import { Releases } from '#libs/store/releases/releases';
import { HOUR_MS, rollUps } from '#libs/store/usage/roll-up';
import { addRollUps } from '#libs/store/usage/roll-up-writer';
import { emptyUsage, type LayerUsage } from '#libs/trace/usage';

export const WIDE = { model: 'bench-wide', layers: 58, experts: 256, topK: 8 } as const;

const RELEASE = 'd'.repeat(64);
const HOURS = 24;
const REQUESTS = 400;
const TOKENS = 200_000;
const MAX_SEGMENTS = 10_000;
/** One expert in about this many gets nothing, whatever the task. */
const DEAD_EACH = 97;
const TASKS = ['chat', 'code'];

/** A release of 58 layers with 256 experts that only stands in the database, with a day of usage in its roll-ups. */
export async function writeWideModel(store: DataSource, nowMs: number): Promise<void> {
  const { model, layers, experts, topK } = WIDE;
  const manifest: ReleaseManifest = {
    format: 'signalbox.release/1', model, architecture: 'mixtral',
    shape: {
      vocabSize: 32_000, hiddenSize: 64, layers, experts, expertWidth: 64, attentionHeads: 1, keyValueHeads: 1, headSize: 64, contextTokens: 1024,
      rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
    },
    routing: { gating: 'softmax-topk', topK, normalise: true },
    components: {},
  };
  await new Releases(store).save(
    { releaseId: RELEASE, model, manifest, importedFrom: 'bench', createdAtMs: nowMs, sizesBytes: {} },
    { atMs: nowMs, actor: 'system', action: 'release.import', subject: `model/${model}`, detail: {}, requestId: null },
  );
  const [row]: { number: number }[] = await store.query('SELECT number FROM signalbox.release WHERE id = $1', [RELEASE]);
  const segments = TASKS.map((task) => ({ tenant: 'bench', task, language: 'en' }));
  const ids = await new Segments(store, MAX_SEGMENTS).resolve(segments);
  const lastHourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const recent = segments.flatMap((segment, at) => {
    const usage = wideUsage(at + 1);
    return Array.from({ length: HOURS }, (_, hour) => ({ bucketMs: lastHourMs - hour * HOUR_MS, release: row!.number, segment: ids.get(segmentKey(segment))!, layers: usage }));
  });
  await store.transaction((manager) => addRollUps(manager, rollUps(recent)));
  await store.query('ANALYZE signalbox.usage_minute, signalbox.usage_hour');
}

/** One hour of a segment: loads that differ by a factor of some ten, and one expert in a hundred dead. */
function wideUsage(seed: number): LayerUsage[] {
  const random = generator(seed);
  const { layers, experts, topK } = WIDE;
  return emptyUsage(layers, experts).map((usage, layer) => {
    const weights = Array.from({ length: experts }, (_, expert) => ((expert * 7 + layer * 31) % DEAD_EACH === 0 ? 0 : Math.exp(1.4 * (random() + random() - 1))));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [expert, weight] of weights.entries()) {
      const load = Math.round((weight / sum) * TOKENS * topK);
      usage.load[expert] = load;
      usage.gateMass[expert] = Math.round((load * 255) / topK);
      usage.cross[expert] = Math.round((load * TOKENS * topK) / REQUESTS);
    }
    const total = usage.load.reduce((all, load) => all + load, 0);
    usage.confidence[4] = TOKENS;
    const cells = Math.round(usage.load.reduce((all, load) => all + load * load, 0) / REQUESTS + total);
    return { ...usage, tokens: TOKENS, requests: REQUESTS, droppedSelections: Math.max(0, TOKENS * topK - total), sumSquaresCells: cells, sumSquaresRequests: Math.round(total ** 2 / REQUESTS) };
  });
}

/** mulberry32, by Tommy Ettinger: enough for loads that look real. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
