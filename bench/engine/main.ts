import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { benchModel } from './bench-models.ts';
import { compareBitsPerByte } from './bits-per-byte.ts';
import { checkpointToGguf } from './checkpoint-to-gguf.ts';
import { benchPrecision, PRECISIONS } from './precision.ts';
import { profileServer } from './profile.ts';
import { compareThroughHttp } from './through-http.ts';
import { compareWithoutHttp, type Contest } from './without-http.ts';

const PARTS: Readonly<Record<string, (contest: Contest) => Promise<void>>> = {
  bench: compareWithoutHttp,
  http: compareThroughHttp,
  quality: compareBitsPerByte,
};

async function main(home: string): Promise<void> {
  const model = await benchModel(option('model', 'demo'), home);
  const precision = benchPrecision(option('precision', 'f32'));
  const threads = Number(option('threads', '2'));
  const rounds = Number(option('rounds', '5'));
  console.log(describeMachine());
  if (process.argv.includes('--profile')) {
    console.log(`${model.name}, ${precision}, ${threads} threads: where the time goes`);
    await profileServer({ home, model, precision, threads });
    return;
  }
  const parts = option('parts', model.trained ? 'bench,http,quality' : 'bench,http').split(',');
  const unknown = parts.find((part) => !(part in PARTS));
  if (unknown !== undefined) throw new Error(`--parts names ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  const binaries = process.env['LLAMA_CPP_BIN'];
  if (!binaries || !existsSync(join(binaries, 'llama-server'))) {
    throw new Error('Set LLAMA_CPP_BIN to a folder that holds llama-server (see bench/README.md).');
  }
  const { gguf: type } = PRECISIONS[precision];
  const gguf = join(home, `${model.name}-${type}.gguf`);
  await checkpointToGguf(model.directory, gguf, type);
  console.log(`${model.name}: ${precision} and ${type}, ${threads} threads on each side, ${rounds} rounds in turn`);
  for (const part of parts) await PARTS[part]!({ binaries, home, model, gguf, precision, threads, rounds });
}

await withHome(main);
