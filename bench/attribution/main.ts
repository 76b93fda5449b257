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
import { faultsOf, plant } from './planted-faults.ts';
import { report } from './report.ts';
import { runTrial, SETTINGS, type Trial } from './trial.ts';

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

const trials = Number(option('trials', '100'));
const seed = Number(option('seed', '1'));
const log = option('log', '');

await withHome(async (home) => {
  const store = await ComponentStore.open(join(home, 'components'));
  const { manifest } = await importCheckpoint({ directory: MODEL, model: 'tiny-mixtral', store, journalDirectory: join(home, 'imports') });
  const made = join(home, 'made');
  mkdirSync(made);
  const editor = new ComponentEditor(made, (sha256) => store.pathOf(sha256));
  const newProbe = (): ReleaseProbe => new ReleaseProbe({ locate: (sha256) => editor.locate(sha256), threads: 1, maxCacheBytes: 2 ** 27, chunkTokens: 384, maxReleases: 3 });
  const probe = newProbe();
  const texts = demoTexts();
  const busy = await busyExperts(probe, manifest, texts.filter((_, at) => at % 6 === 0));
  const done: Trial[] = [];
  const faults = faultsOf(trials, seededUniform(seed));
  for (const [at, fault] of faults.entries()) {
    const uniform = seededUniform(seed * TRIAL_SEEDS + at);
    const planted = plant(fault, { base: manifest, editor, busy }, uniform);
    const trial = await runTrial(planted, drawnTexts(texts, SETTINGS.items, uniform), at, probe, editor);
    done.push(trial);
    const { result } = trial;
    const line = JSON.stringify({ at, fault, severity: planted.severity, guilty: planted.guilty, cause: result.cause, confidence: result.confidence, causes: result.causes, named: result.named, change: result.change.value, effects: result.effects && { router: result.effects.router.value, experts: result.effects.experts.value, interaction: result.effects.interaction.value }, components: result.components.filter(({ part }) => Math.abs(part ?? 0) > 0.03).map(({ component, part, confidence }) => [component, part, confidence]), exchange: result.exchange, rows: result.cost.rows });
    if (log !== '') appendFileSync(log, `${line}\n`);
  }
  await probe.dispose();
  console.log(`${describeMachine()}\n\n${trials} trials, seed ${seed}, ${SETTINGS.items} texts each\n\n${report(done)}`);
});
