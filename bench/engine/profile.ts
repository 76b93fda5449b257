import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadResult, runLoad } from '../harness/completion-load.ts';
import { option } from '../harness/options.ts';
import { DEMO_VOCAB_SIZE } from '../harness/signalbox.ts';
import { activityOf, threadOf } from './activities.ts';
import { type CpuProfile, timeByActivity, type Window } from './cpu-profile.ts';
import { servedModel } from './served-model.ts';
import { type Contest } from './without-http.ts';

const INTERVAL_US = 200;
/** Below this share of the time a line says nothing. */
const SHOWN_SHARE = 0.002;

/** Where the time of a token goes, from samples of V8's profiler in every thread of the whole product under load. */
export async function profileServer(contest: Pick<Contest, 'home' | 'model' | 'precision' | 'threads'>): Promise<void> {
  const folder = join(contest.home, 'profiles');
  await mkdir(folder, { recursive: true });
  // Set already, the product does not start itself a second time for the allocator's sake.
  const allocator = { MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '1048576' };
  const env = { ...allocator, NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=${INTERVAL_US}` };
  const server = await servedModel(contest, env);
  const large = contest.model.name === 'shape-m';
  const maxTokens = large ? 32 : 128;
  const windows: { readonly name: string; readonly window: Window; readonly result: LoadResult; readonly tokens: number }[] = [];
  try {
    for (const parallel of option('parallel', '1,16').split(',').map(Number)) {
      const load = { requests: parallel * (large ? 2 : 4), parallel, promptTokens: 16, maxTokens, vocabSize: DEMO_VOCAB_SIZE };
      await runLoad(server.target, { ...load, seed: 1 });
      const fromUs = nowUs();
      const result = await runLoad(server.target, { ...load, seed: 2 });
      windows.push({ name: `decode ${maxTokens}, ${parallel} at a time`, window: { fromUs, toUs: nowUs() }, result, tokens: result.completionTokens });
    }
  } finally {
    await server.process.stop();
  }
  const profiles = await readProfiles(folder);
  for (const { name, window, result, tokens } of windows) {
    console.log(`\n${name}: ${((tokens / result.wallMs) * 1e3).toFixed(0)} tokens/s, ${((result.wallMs / tokens) * 1e3).toFixed(0)} us per token`);
    for (const [thread, members] of Map.groupBy(profiles, threadOf)) printThread(thread, members, window, tokens);
  }
}

function printThread(thread: string, profiles: readonly CpuProfile[], window: Window, tokens: number): void {
  const times = new Map<string, number>();
  for (const profile of profiles) {
    for (const [activity, timeUs] of timeByActivity(profile, window, activityOf)) times.set(activity, (times.get(activity) ?? 0) + timeUs);
  }
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  if (total === 0) return;
  console.log(`  ${thread}`);
  for (const [activity, time] of [...times].toSorted((a, b) => b[1] - a[1])) {
    if (time / total < SHOWN_SHARE) continue;
    console.log(`    ${activity.padEnd(44)} ${((100 * time) / total).toFixed(1).padStart(5)} %  ${(time / tokens).toFixed(1).padStart(7)} us per token`);
  }
}

/** Profiles of all threads of all the product's processes. */
async function readProfiles(folder: string): Promise<readonly CpuProfile[]> {
  const profiles: CpuProfile[] = [];
  for (const name of await readdir(folder)) profiles.push(JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile);
  if (!profiles.some((profile) => threadOf(profile) === 'engine thread')) throw new Error('no profile of the engine thread was written');
  return profiles;
}

/** The clock of V8's profiler: monotonic, the same in all processes. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
