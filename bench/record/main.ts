import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { startEmbeddedPostgres } from '#libs/platform/postgres/embedded-postgres';
import { connectCaptureQueue } from '#libs/queue/connect';
import { TraceSealer } from '#libs/record/seal';
import { type ReleaseManifest } from '#libs/release/manifest';
import { createDataSource } from '#libs/store/data-source';
import { Releases } from '#libs/store/releases/releases';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { type SignalboxUnderTest, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { countBytes, databaseBytes, describeBytes } from './bytes.ts';
import { readBack, type RecordedTrace, replayPrompts, syntheticTraces } from './recorded-traces.ts';
import { HISTORY_MODEL, timeQueries, writeHistory } from './usage-history.ts';
import { measurePath } from './whole-path.ts';
import { createCopyTables, measureWriters, type Workload, type WriteSpeeds } from './write-speed.ts';

const PORT = 7195;
const LARGE = { layers: 32, experts: 64, topK: 8 };
const MILLION = 1e6;

const settings = {
  prompts: Number(option('prompts', '160')),
  maxTokens: Number(option('max-tokens', '64')),
  rounds: Number(option('rounds', '7')),
  groups: Number(option('groups', '4')),
  batches: Number(option('batches', '16')),
  pathBytes: Number(option('path-mib', '16')) * 1024 * 1024,
  segments: Number(option('segments', '40')),
  queries: Number(option('queries', '50')),
};

/** A release that only stands in the database, for figures of a model that is not here. */
async function saveStandIn(store: DataSource, releaseId: string, model: string, { layers, experts, topK }: typeof LARGE): Promise<number> {
  const manifest: ReleaseManifest = {
    format: 'signalbox.release/1', model, architecture: 'mixtral',
    shape: {
      vocabSize: 32_000, hiddenSize: 64, layers, experts, expertWidth: 64, attentionHeads: 1, keyValueHeads: 1, headSize: 64, contextTokens: 1024,
      rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
    },
    routing: { gating: 'softmax-topk', topK, normalise: true },
    components: {},
  };
  const atMs = Date.now();
  await new Releases(store).save(
    { releaseId, model, manifest, importedFrom: 'bench', createdAtMs: atMs, sizesBytes: {} },
    { atMs, actor: 'system', action: 'release.import', subject: `model/${model}`, detail: {}, requestId: null },
  );
  const [row]: { number: number }[] = await store.query('SELECT number FROM signalbox.release WHERE id = $1', [releaseId]);
  return row?.number ?? -1;
}

async function reportBytes(store: DataSource, traces: readonly RecordedTrace[]): Promise<void> {
  const bytes = countBytes(traces);
  const stored = await databaseBytes(store, bytes.selections / bytes.tokensPerRequest / traces.length);
  console.log(`bytes stored: ${traces.length} requests of ${bytes.tokensPerRequest.toFixed(0)} tokens, 4 layers, 8 experts, top ${bytes.topK}; a selection is one id with its gate`);
  console.log(describeBytes('ids and gates as packed', bytes.payload, bytes.selections, bytes.topK));
  console.log(describeBytes('with token ids', bytes.withTokenIds, bytes.selections, bytes.topK));
  console.log(describeBytes('sealed', bytes.sealed, bytes.selections, bytes.topK));
  console.log(describeBytes('in PostgreSQL, indexes included', stored.bytes, stored.selections, bytes.topK));
}

function reportWriters(name: string, rounds: readonly WriteSpeeds[], topK: number): void {
  const speed = (of: (one: WriteSpeeds) => number) => format(summarise(rounds.map((one) => of(one) / MILLION)), 2);
  const ratio = (of: (one: WriteSpeeds) => number, to: (one: WriteSpeeds) => number) => format(summarise(rounds.map((one) => of(one) / to(one))), 3);
  console.log(`${name}: million selections/s made durable, median (least to most) of ${rounds.length} rounds; ${topK} selections are a decision`);
  console.log(`  writer                   ${speed((one) => one.writer)}`);
  console.log(`  writer and folding       ${speed((one) => one.writerFolded)}`);
  console.log(`  COPY, same indexes       ${speed((one) => one.copyEqual)}`);
  console.log(`  COPY, no indexes         ${speed((one) => one.copyBare)}`);
  console.log(`  writer / COPY            same indexes ${ratio((one) => one.writer, (one) => one.copyEqual)}, none ${ratio((one) => one.writer, (one) => one.copyBare)}`);
  console.log(`  with folding / COPY      same indexes ${ratio((one) => one.writerFolded, (one) => one.copyEqual)}, none ${ratio((one) => one.writerFolded, (one) => one.copyBare)}`);
}

async function reportQueries(signalbox: SignalboxUnderTest, store: DataSource): Promise<void> {
  const nowMs = Date.now();
  const release = await saveStandIn(store, 'f'.repeat(64), HISTORY_MODEL, { layers: 4, experts: 8, topK: 2 });
  const { rows } = await writeHistory(store, release, settings.segments, nowMs);
  console.log(`usage over 24 h: ${rows} minute rows, ${settings.segments} segments, ${settings.queries} queries each through HTTP`);
  await timeQueries(signalbox, 3, nowMs);
  for (const { name, elapsedMs, decisions } of await timeQueries(signalbox, settings.queries, nowMs)) {
    const at = (p: number) => quantile(elapsedMs, p).toFixed(1);
    console.log(`  ${name.padEnd(12)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms; ${(decisions / 1e9).toFixed(2)}e9 decisions added up`);
  }
}

async function measure(signalbox: SignalboxUnderTest, store: DataSource, url: string, home: string): Promise<void> {
  const sealer = new TraceSealer({ current: loadTraceKey(home, null) });
  const traces = await readBack(store, sealer, await replayPrompts(signalbox, settings.prompts, settings.maxTokens));
  const topK = traces[0]?.trace.topK ?? 2;
  const demo: Workload = { name: 'demo', traces, daysBack: 1 };
  const large: Workload = { name: 'large', traces: syntheticTraces(48, 'e'.repeat(64), LARGE), daysBack: 2 };
  await saveStandIn(store, 'e'.repeat(64), 'bench-large', LARGE);
  for (const { name } of [demo, large]) await createCopyTables(store, name);
  const size = { batchBytes: 256 * 1024, batches: settings.batches, groups: settings.groups };
  const queue = connectCaptureQueue({ databaseUrl: url, redisUrl: null });
  const paths = [];
  const speeds = [];
  const largeSpeeds = [];
  for (let round = -1; round < settings.rounds; round++) {
    const speed = await measureWriters(store, url, demo, sealer, size, round + 1);
    const path = await measurePath(home, store, queue, sealer, traces, settings.pathBytes);
    // While the demo's traces are the only ones there, many copies of them.
    if (round < 0) await reportBytes(store, traces);
    const largeSpeed = await measureWriters(store, url, large, sealer, size, round + 1);
    if (round < 0) continue;
    speeds.push(speed);
    paths.push({ ...path, copyEqual: speed.copyEqual });
    largeSpeeds.push(largeSpeed);
  }
  console.log(`groups of ${size.batches} batches of ${size.batchBytes / 1024} KiB, ${size.groups} groups a round`);
  reportWriters('demo model', speeds, topK);
  const of = (values: readonly number[], digits: number) => format(summarise(values), digits);
  console.log(`  spool takes              ${of(paths.map(({ appended }) => appended / MILLION), 2)}`);
  console.log(`  spool to ledger          ${of(paths.map(({ confirmed }) => confirmed / MILLION), 2)}, of COPY with the same indexes ${of(paths.map(({ confirmed, copyEqual }) => confirmed / copyEqual), 3)}`);
  reportWriters(`${LARGE.layers} layers x ${LARGE.experts} experts, random`, largeSpeeds, LARGE.topK);
  await reportQueries(signalbox, store);
}

/** What recording costs in bytes and time, and how fast the usage matrix is read: see bench/README.md. */
async function main(home: string): Promise<void> {
  console.log(describeMachine());
  const postgresHome = join(home, 'database');
  mkdirSync(postgresHome, { recursive: true });
  const postgres = await startEmbeddedPostgres({ home: postgresHome, log: () => undefined });
  try {
    const signalbox = await startSignalbox('record', PORT, home, { DATABASE_URL: postgres.url, SIGNALBOX_CAPTURE: 'full' });
    try {
      const store = await createDataSource({ url: postgres.url, applicationName: 'bench' }).initialize();
      try {
        await measure(signalbox, store, postgres.url, join(home, 'record'));
      } finally {
        await store.destroy();
      }
    } finally {
      await signalbox.process.stop();
    }
  } finally {
    await postgres.stop();
  }
}

await withHome(main);
