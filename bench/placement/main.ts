import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { benchModel } from '../engine/bench-models.ts';
import { EngineUnderTest } from '../engine/in-process.ts';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { format, summarise } from '../harness/summary.ts';

const SHARES = [1, 0.75, 0.5, 0.25];
const PROMPT_TOKENS = 256;

interface Round {
  readonly prefill: number;
  readonly decode: number;
  /** Of the runs of experts while decoding. */
  readonly readShare: number;
}

/** Asks the system to forget what it has cached of every component file. */
function forgetFiles(home: string): void {
  const root = join(home, 'components');
  for (const folder of readdirSync(root)) {
    if (folder.length !== 2) continue;
    for (const file of readdirSync(join(root, folder))) execFileSync('dd', [`if=${join(root, folder, file)}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  }
}

async function measure(engine: EngineUnderTest, decodeTokens: number, prepare: () => void): Promise<Round> {
  prepare();
  const { prefillMs } = await engine.generate(PROMPT_TOKENS, 1);
  prepare();
  const before = engine.placement;
  const { decodeMs } = await engine.generate(8, decodeTokens);
  const after = engine.placement;
  const reads = (after?.loads ?? 0) - (before?.loads ?? 0);
  const runs = reads + (after?.hits ?? 0) - (before?.hits ?? 0);
  return { prefill: (PROMPT_TOKENS / prefillMs) * 1000, decode: ((decodeTokens - 1) / decodeMs) * 1000, readShare: runs === 0 ? 0 : reads / runs };
}

/** What a bound on the experts' memory costs, against the same engine with all of them in memory. */
async function main(home: string): Promise<void> {
  const model = await benchModel(option('model', 'm'), home);
  const rounds = Number(option('rounds', '5'));
  const decodeTokens = Number(option('tokens', '64'));
  const isCold = process.argv.includes('--cold');
  console.log(describeMachine());
  console.log(`${model.name}, files ${isCold ? 'not ' : ''}in the system's cache; ratios to all experts in memory, side by side; median (least to most) of ${rounds} rounds\n`);
  console.log('| share of experts in memory | prefill of 256 | decode 1 | tokens/s decoded | runs that read an expert first |');
  console.log('|---|---|---|---|---|');
  const whole = await EngineUnderTest.start({ home, model, precision: 'f32', threads: 2 });
  const expertBytes = Object.entries(whole.weightBytes).reduce((sum, [name, bytes]) => sum + (name.startsWith('expert/') ? bytes : 0), 0);
  for (const share of SHARES) {
    const engine = await EngineUnderTest.start({ home, model, precision: 'f32', threads: 2, expertBytes: Math.ceil(expertBytes * share) });
    const prepare = isCold ? () => forgetFiles(home) : () => undefined;
    await measure(engine, decodeTokens, () => undefined);
    const pairs: { readonly own: Round; readonly whole: Round }[] = [];
    for (let round = 0; round < rounds; round += 1) pairs.push({ own: await measure(engine, decodeTokens, prepare), whole: await measure(whole, decodeTokens, () => undefined) });
    await engine.close();
    const ratio = (what: 'prefill' | 'decode') => format(summarise(pairs.map(({ own, whole: all }) => own[what] / all[what])), 2);
    console.log(`| ${share * 100} % | ${ratio('prefill')} | ${ratio('decode')} | ${format(summarise(pairs.map(({ own }) => own.decode)), 1)} | ${format(summarise(pairs.map(({ own }) => own.readShare * 100)), 0)} % |`);
  }
  await whole.close();
}

await withHome(main);
