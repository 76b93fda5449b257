import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { type Probe } from '#libs/evaluation/probe/probe';
import { type ReleaseManifest } from '#libs/release/manifest';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { seededUniform } from '#libs/stats/paired/seeded-uniform';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_MODEL } from '../harness/signalbox.ts';
import { ComponentEditor } from './component-editor.ts';
import { feltOf } from './felt.ts';
import { faultsOf, plant } from './planted-faults.ts';
import { report } from './report.ts';
import { replayed, runTrial, SETTINGS, type Trial } from './trial.ts';

/** Checkpoint folder of the demo model. */
const MODEL = option('model', DEMO_MODEL);

/** Keeps what a trial plants apart from what it draws texts by. */
const TRIAL_SEEDS = 7919;

function demoTexts(): string[] {
  const directory = join(MODEL, 'prompts');
  const files = readdirSync(directory).filter((name) => name.endsWith('.jsonl')).toSorted();
  return files.flatMap((name) => readFileSync(join(directory, name), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { readonly prompt: string }).prompt));
}

/** [layer], experts that serve at least their equal share of the decisions. */
async function busyExperts(probe: Probe, base: ReleaseManifest, texts: readonly string[]): Promise<number[][]> {
  const { layers, experts } = base.shape;
  const { topK } = base.routing;
  const load = Array.from({ length: layers }, () => new Float64Array(experts));
  for (const text of texts) {
    const [score] = await probe.score(base, [{ tokens: await probe.encode(base, text), from: 1 }]);
    for (const [at, expert] of score!.routes.expertIds.entries()) load[Math.floor(at / topK) % layers]![expert]! += 1;
  }
  return load.map((own) => {
    const mean = own.reduce((sum, count) => sum + count, 0) / experts;
    const busy = [...own.keys()].filter((expert) => own[expert]! >= mean);
    return busy.length >= 3 ? busy : [...own.keys()].toSorted((a, b) => own[b]! - own[a]!).slice(0, 3);
  });
}

/** As many texts as a trial asks, spread over the domains, each domain's drawn. */
function drawnTexts(all: readonly string[], count: number, uniform: () => number): string[] {
  const stride = all.length / count;
  return Array.from({ length: count }, (_, at) => all[Math.floor(at * stride + uniform() * stride)]!);
}

/** Texts by which it is measured what a fault really does. */
const FELT_TEXTS = 24;

const [trials, from, seed] = [Number(option('trials', '100')), Number(option('from', '0')), Number(option('seed', '1'))];
const until = Number(option('until', String(trials)));
const log = option('log', '');
const merge = option('merge', '');
/** Each trial's log has what any other rule needs to judge it. */
const keep = process.argv.includes('--keep-texts');
/** Trials that were kept are judged once more, by the rule as it is now. */
const replay = process.argv.includes('--replay');

function show(done: readonly Trial[]): void {
  console.log(`${describeMachine()}\n\n${done.length} trials, seed ${seed}, ${SETTINGS.items} texts each, bound ${SETTINGS.minBitsPerByte} bits/byte\n\n${report(done)}`);
}

async function run(home: string): Promise<Trial[]> {
  const store = await ComponentStore.open(join(home, 'components'));
  const { manifest } = await importCheckpoint({ directory: MODEL, model: 'tiny-mixtral', store, journalDirectory: join(home, 'imports') });
  const made = join(home, 'made');
  mkdirSync(made);
  const editor = new ComponentEditor(made, (sha256) => store.pathOf(sha256));
  const probe = new ReleaseProbe({ locate: (sha256) => editor.locate(sha256), threads: 1, maxCacheBytes: 2 ** 27, chunkTokens: 384, maxReleases: 3 });
  const texts = demoTexts();
  const busy = await busyExperts(probe, manifest, texts.filter((_, at) => at % 12 === 0));
  const done: Trial[] = [];
  for (const [at, fault] of faultsOf(trials, seededUniform(seed)).entries()) {
    if (at < from || at >= until) continue;
    const uniform = seededUniform(seed * TRIAL_SEEDS + at);
    const planted = plant(fault, { base: manifest, editor, busy }, uniform);
    const asked = drawnTexts(texts, SETTINGS.items, uniform);
    const others = drawnTexts(texts.filter((text) => !asked.includes(text)), FELT_TEXTS, uniform);
    const felt = await feltOf(planted, others, SETTINGS.minBitsPerByte, probe);
    const trial = await runTrial(planted, felt, asked, { seed: at, keep }, probe, editor);
    done.push(trial);
    if (log !== '') appendFileSync(log, `${JSON.stringify(trial)}\n`);
  }
  await probe.dispose();
  return done;
}

// Parts of one run, each with its --from and --until, write a --log each; --merge a,b makes one report of them.
if (merge === '') await withHome(async (home) => show(await run(home)));
else {
  const merged = merge.split(',').flatMap((path) => readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Trial));
  show(replay ? merged.map(replayed) : merged);
}
