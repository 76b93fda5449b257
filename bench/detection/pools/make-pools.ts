import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { WorkerEngine } from '#libs/runtime/engine/engine-client';
import { loadTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { withHome } from '../../harness/home.ts';
import { RELEASE_CHANGES, writeChangedCheckpoint } from './changed-release.ts';
import { type ChangedRouting, type RoutingPools, writePools } from './pool-file.ts';

const LAYERS = 4;
const EXPERTS = 8;
const TOP_K = 2;
const DOMAINS = ['english', 'german', 'french', 'spanish', 'python', 'javascript', 'bible', 'dictionary'];
const TABLE_REQUESTS = 160;
const POOL_REQUESTS = 320;
/** Lengths of requests are uniform on the log scale between these, in tokens. */
const FEWEST_TOKENS = 24;
const MOST_TOKENS = 127;
const PARALLEL = 16;
const DOCUMENT_END = '\u001e';
const GREEDY = { temperature: 0, topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, logitBias: {}, seed: 0 };

/**
 * Runs the demo model over excerpts of `<domain>.txt` in a folder (documents end with a line that holds only
 * U+001E), as it is and with each change, and writes where it routed them. The same for the same text and seed.
 */
export async function makePools(path: string, textDirectory: string, model: string, seed: number): Promise<void> {
  const requests = cutRequests(textDirectory, model, seed);
  const firstRow = new Uint32Array(requests.length + 1);
  for (const [at, { length }] of requests.entries()) firstRow[at + 1] = firstRow[at]! + length;
  const tokenIds = new Uint16Array(firstRow.at(-1) ?? 0);
  for (const [at, request] of requests.entries()) tokenIds.set(request, firstRow[at]);
  const inPool = requests.filter((_, at) => at % (TABLE_REQUESTS + POOL_REQUESTS) >= TABLE_REQUESTS);
  await withHome(async (home) => {
    const decisions = await routeAll(join(home, 'plain'), model, requests);
    process.stdout.write(`${requests.length} requests, ${tokenIds.length} tokens, release as it is\n`);
    const changes: ChangedRouting[] = [];
    for (const [at, change] of RELEASE_CHANGES.entries()) {
      const checkpoint = join(home, `checkpoint-${at}`);
      writeChangedCheckpoint(model, checkpoint, change, seed + at);
      changes.push({ name: change.name, decisions: await routeAll(join(home, `changed-${at}`), checkpoint, inPool) });
      process.stdout.write(`${at + 1}/${RELEASE_CHANGES.length} ${change.name}\n`);
    }
    const pools: RoutingPools = { layers: LAYERS, experts: EXPERTS, domains: DOMAINS, tableRequests: TABLE_REQUESTS, poolRequests: POOL_REQUESTS, firstRow, tokenIds, decisions, changes };
    writePools(path, pools);
  });
}

/** Requests of all domains, table requests first in each: runs of tokens that start anywhere in a document. */
function cutRequests(directory: string, model: string, seed: number): Uint32Array[] {
  const read = (name: string): string => readFileSync(join(model, name), 'utf8');
  const tokenizer = loadTokenizer({ format: 'signalbox.tokenizer/1', files: { 'tokenizer.json': read('tokenizer.json'), 'tokenizer_config.json': read('tokenizer_config.json') } });
  const random = seededRandom(seed);
  return DOMAINS.flatMap((domain) => {
    const documents = readFileSync(join(directory, `${domain}.txt`), 'utf8')
      .split(DOCUMENT_END)
      .map((text) => tokenizer.encode(text.trim(), { special: true }))
      .filter(({ length }) => length > FEWEST_TOKENS);
    const all = documents.reduce((sum, { length }) => sum + length, 0);
    return Array.from({ length: TABLE_REQUESTS + POOL_REQUESTS }, () => {
      let place = Math.floor(random() * all);
      let at = 0;
      while (place >= documents[at]!.length) place -= documents[at++]!.length;
      const document = documents[at]!;
      const wanted = Math.round(FEWEST_TOKENS * (MOST_TOKENS / FEWEST_TOKENS) ** random());
      const from = Math.min(place, document.length - FEWEST_TOKENS);
      return document.subarray(from, from + wanted);
    });
  });
}

/** Imports a checkpoint and routes requests through it; the experts of each token, [row][layer]. */
async function routeAll(home: string, checkpoint: string, requests: readonly Uint32Array[]): Promise<Uint8Array> {
  const store = await ComponentStore.open(join(home, 'components'));
  const { manifest, releaseId } = await importCheckpoint({ directory: checkpoint, model: 'tiny-mixtral', store, journalDirectory: join(home, 'journal') });
  const engine = new WorkerEngine({ limits: { maxSequences: PARALLEL, maxQueued: 64, prefillChunkTokens: 256, threads: 1 }, maxCacheBytes: 2 ** 28 });
  try {
    await engine.load(releaseId, manifest, Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, store.pathOf(sha256)])));
    const routed: Uint8Array[] = Array.from({ length: requests.length });
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < requests.length; at = next++) routed[at] = await route(engine, releaseId, requests[at]!);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return Buffer.concat(routed);
  } finally {
    await engine.close(1_000);
  }
}

async function route(engine: WorkerEngine, releaseId: string, promptTokens: Uint32Array): Promise<Uint8Array> {
  const request = { id: crypto.randomUUID(), releaseId, promptTokens, choices: 1, maxTokens: 1, stop: [], stopTokenIds: [], ignoreEos: true, sampling: GREEDY, logprobs: null, promptLogprobs: null };
  for await (const event of engine.generate(request, new AbortController().signal)) {
    if (event.type !== 'finished') continue;
    const { expertIds, promptRows, error } = event.outcome;
    if (promptRows !== promptTokens.length) throw new Error(`${promptRows} of ${promptTokens.length} tokens were routed: ${error ?? 'no reason given'}`);
    return Uint8Array.from({ length: promptRows * LAYERS }, (_, cell) => expertIds[cell * TOP_K]! * 16 + expertIds[cell * TOP_K + 1]!);
  }
  throw new Error('the generation did not finish');
}
