import { cpus } from 'node:os';
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { option } from '../harness/options.ts';
import { readPools, type RoutingPools } from './pools/pool-file.ts';
import { realSetting, tokenPools } from './real.ts';
import { mergeResults, type ChangeRun, type QuietMonth, type Results, type ToldApart } from './results.ts';
import { changeRun, quietMonth } from './runs.ts';
import { statisticsOf, WINDOW } from './stream-watch.ts';
import { DIRECTIONS, syntheticSetting } from './synthetic.ts';
import { showResults } from './tables.ts';
import { toldApart, toldApartCases } from './told-apart.ts';
import { type Setting } from './traffic.ts';

const HELP = `node dist/bench/detection/main.js
  --months N        stream-months without a change, of each setting (100)
  --repeats N       times each change is made (20)
  --settings LIST   of synthetic, synthetic-diurnal, real, real-diurnal, told-apart (all)
  --pools FILE      real routing (dist/detection-pools.bin)
  --window N        requests of a window of the peers (50)
  --seed N          (7)
  --shard I/K       does the I-th of K parts, 0 to K - 1 (0/1)
  --out FILE        writes results instead of tables, for --merge
  --merge FILE...   shows the tables of all parts; last on the command line
  --make-pools      runs the demo model over --text DIR (a <domain>.txt each) and writes --pools`;

/** What one shard does, in an order that depends on nothing but the options. */
type Unit = () => { months?: QuietMonth; runs?: ChangeRun; toldApart?: ToldApart };

const GRADUAL_REQUESTS = 2000;
const ALL = ['synthetic', 'synthetic-diurnal', 'real', 'real-diurnal', 'told-apart'];

const settings = {
  months: Number(option('months', '100')),
  repeats: Number(option('repeats', '20')),
  seed: Number(option('seed', '7')),
  pools: option('pools', join('dist', 'detection-pools.bin')),
  wanted: option('settings', ALL.join(',')).split(','),
  shard: option('shard', '0/1').split('/').map(Number),
  out: option('out', ''),
};

function unitsOf(setting: Setting): Unit[] {
  const { months, repeats, seed } = settings;
  const ramps = setting.isDiurnal ? [0] : [0, GRADUAL_REQUESTS];
  const isSynthetic = setting.streams === 1;
  const times = isSynthetic ? Math.ceil(repeats / DIRECTIONS) : repeats;
  return [
    ...Array.from({ length: months }, (_, month): Unit => () => ({ months: quietMonth(setting, month, seed) })),
    ...ramps.flatMap((ramp) =>
      setting.changes.flatMap((change, changeAt) => Array.from({ length: times }, (_, repeat): Unit => () => ({ runs: changeRun(setting, change, changeAt, ramp, repeat, seed) }))),
    ),
  ];
}

function toldApartUnits(routing: RoutingPools): Unit[] {
  const pools = tokenPools(routing);
  return toldApartCases(pools).flatMap((one) => {
    // Kept only while its runs last: each holds all requests of a release.
    let changed: ReturnType<typeof one.pools> | null = null;
    return Array.from({ length: settings.repeats }, (_, repeat): Unit => () => {
      changed ??= one.pools();
      const result = toldApart(pools, one, changed, repeat, settings.seed);
      if (repeat >= settings.repeats - (settings.shard[1] ?? 1)) changed = null;
      return { toldApart: result };
    });
  });
}

function run(): Results {
  const { wanted, seed } = settings;
  const needsPools = wanted.some((name) => name.startsWith('real') || name === 'told-apart');
  const routing = needsPools ? readPools(settings.pools) : null;
  const [shard = 0, shards = 1] = settings.shard;
  const results = { seed, windowRequests: WINDOW, settings: [] as Results['settings'][number][], months: [] as QuietMonth[], runs: [] as ChangeRun[], toldApart: [] as ToldApart[] };
  for (const name of wanted) {
    const setting = settingOf(name, routing);
    if (setting) results.settings.push({ name: setting.name, streams: setting.streams, statistics: statisticsOf(setting) });
    const units = setting ? unitsOf(setting) : routing ? toldApartUnits(routing) : [];
    const mine = units.filter((_, at) => at % shards === shard);
    const started = Date.now();
    let shown = started;
    for (const [at, unit] of mine.entries()) {
      const { months, runs, toldApart: told } = unit();
      if (months) results.months.push(months);
      if (runs) results.runs.push(runs);
      if (told) results.toldApart.push(told);
      if (Date.now() - shown < 10_000 && at + 1 < mine.length) continue;
      shown = Date.now();
      process.stderr.write(`shard ${shard}/${shards}: ${name} ${at + 1}/${mine.length}, ${((shown - started) / 1000).toFixed(0)} s\n`);
    }
  }
  return results;
}

function settingOf(name: string, routing: RoutingPools | null): Setting | null {
  if (!ALL.includes(name)) throw new Error(`--settings: "${name}" is none of ${ALL.join(', ')}`);
  switch (name) {
    case 'synthetic':
      return syntheticSetting(1, false, settings.seed);
    case 'synthetic-diurnal':
      return syntheticSetting(4, true, settings.seed + 1);
    default:
      return routing && name !== 'told-apart' ? realSetting(routing, name === 'real-diurnal') : null;
  }
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${HELP}\n`);
} else if (process.argv.includes('--make-pools')) {
  const text = option('text', '');
  if (text === '') throw new Error('Give the folder of the text that the model shall route: --text DIR (one <domain>.txt each, see bench/README.md).');
  // Only here is the engine needed: the simulation runs with nothing but Node.
  const { makePools } = await import('./pools/make-pools.ts');
  await makePools(settings.pools, text, join(import.meta.dirname, '..', '..', '..', 'models', 'tiny-mixtral'), settings.seed);
} else if (process.argv.includes('--merge')) {
  const parts = process.argv.slice(process.argv.indexOf('--merge') + 1);
  process.stdout.write(showResults(mergeResults(parts.map((path) => JSON.parse(readFileSync(path, 'utf8')) as Results))));
} else {
  const results = run();
  if (settings.out === '') process.stdout.write(`${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.version}; seed ${settings.seed}\n\n${showResults(results)}`);
  else writeFileSync(settings.out, JSON.stringify(results));
}
