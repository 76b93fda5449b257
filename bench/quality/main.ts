import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { type QuantiseMethod } from '#libs/checkpoint/derive/block-codes';
import { densifyRelease } from '#libs/checkpoint/derive/densify-release';
import { METHODS } from '#libs/checkpoint/derive/quantise';
import { quantiseRelease, type Selection } from '#libs/checkpoint/derive/quantise-release';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { expertName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type EngineParts, newEngineParts } from '#libs/runtime/forward/engine-parts';
import { makeSession } from '#libs/runtime/forward/make-session';
import { expertWeights, openReleaseWeights, requireComponent } from '#libs/runtime/forward/release-weights';
import { expertGraph } from '#libs/runtime/onnx/expert-graph';
import { loadForwardPass } from '#libs/runtime/forward/load-release';
import { type ForwardPass } from '#libs/runtime/forward/forward-pass';
import { DEFAULT_HEALTH_LIMITS } from '#libs/runtime/health/health-limits';
import { ReleaseHealth } from '#libs/runtime/health/release-health';
import { rankGeneralists } from '#libs/stats/generalists';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_MODEL } from '../harness/signalbox.ts';
import { Measured, runWindow } from './measure.ts';
import { readWindows, type Window } from './text.ts';

const WINDOW_TOKENS = 512;
const MAX_CACHE_BYTES = 2 ** 28;

interface Variant {
  readonly name: string;
  readonly manifest: ReleaseManifest;
}

interface Usage {
  /** [layer][domain][expert] rows. */
  readonly load: readonly (readonly number[][])[];
  /** [layer][expert] mean gate over all tokens. */
  readonly meanGate: readonly number[][];
}

/** Quality is measured with every expert in service: on a busy machine a slow run would take one out. */
function withoutTiming({ shape, components }: ReleaseManifest, { experts }: EngineParts): ReleaseHealth {
  const limits = { ...DEFAULT_HEALTH_LIMITS, slowFloorMs: Number.MAX_VALUE, timeoutMs: Number.MAX_VALUE, patrolMs: 0 };
  return new ReleaseHealth({ layers: shape.layers, experts: shape.experts, components }, limits, experts, performance.now());
}

/** Median time until a session of an expert is there, milliseconds: what swapping one costs. */
async function expertLoadMs(manifest: ReleaseManifest, pathOf: (sha256: string) => string): Promise<number> {
  const weights = await openReleaseWeights(manifest, Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, pathOf(sha256)])));
  const times: number[] = [];
  for (let layer = 0; layer < manifest.shape.layers; layer++) {
    for (let index = 0; index < manifest.shape.experts; index++) {
      const graph = expertGraph(expertWeights(weights, manifest, layer, index), manifest.shape.hiddenSize);
      const startMs = performance.now();
      const session = await makeSession(graph, [requireComponent(weights, expertName(layer, index))], 1);
      times.push(performance.now() - startMs);
      await session.release();
    }
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

/** Which experts each domain selects, in the reference. */
async function usageOf(forward: ForwardPass, windows: readonly Window[], { shape, routing }: ReleaseManifest): Promise<Usage> {
  const domains = [...new Set(windows.map(({ domain }) => domain))];
  const load = Array.from({ length: shape.layers }, () => domains.map(() => Array<number>(shape.experts).fill(0)));
  const mass = Array.from({ length: shape.layers }, () => Array<number>(shape.experts).fill(0));
  let rows = 0;
  for (const window of windows) {
    const { expertIds, gates } = await runWindow(forward, window);
    rows += window.tokens.length - 1;
    for (const [at, expert] of expertIds.entries()) {
      const layer = Math.floor(at / routing.topK) % shape.layers;
      load[layer]![domains.indexOf(window.domain)]![expert]! += 1;
      mass[layer]![expert]! += gates[at]!;
    }
  }
  return { load, meanGate: mass.map((layer) => layer.map((sum) => sum / rows)) };
}

async function main(home: string): Promise<void> {
  const windows = readWindows(option('text', ''), WINDOW_TOKENS, Number(option('tokens', '4096')));
  const predicted = windows.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
  console.log(`${describeMachine()}\n${predicted} tokens of ${new Set(windows.map(({ domain }) => domain)).size} domains, windows of ${WINDOW_TOKENS}; 1 thread`);
  const store = await ComponentStore.open(join(home, 'components'));
  const journalDirectory = join(home, 'journals');
  const { manifest: base } = await importCheckpoint({ directory: DEMO_MODEL, model: 'tiny-mixtral', store, journalDirectory });
  const parts = newEngineParts(MAX_CACHE_BYTES);
  const pathOf = (sha256: string): string => store.pathOf(sha256);
  const load = async (manifest: ReleaseManifest): Promise<ForwardPass> => {
    const components = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, pathOf(sha256)]));
    return loadForwardPass({ manifest, components, threads: 1, chunkTokens: WINDOW_TOKENS, maxCacheBytes: MAX_CACHE_BYTES, parts, health: withoutTiming(manifest, parts) });
  };
  const reference = await load(base);
  const usage = await usageOf(reference, windows, base);
  const quantised = async (name: string, method: QuantiseMethod, components: Selection, from = base): Promise<Variant> => ({ name, manifest: (await quantiseRelease({ base: from, components, method, store, journalDirectory })).manifest });
  const dense = async (name: string, count: number, scale: (gates: readonly number[]) => readonly number[]): Promise<Variant> => {
    const chosen = usage.load.map((domains, layer) => {
      const experts = rankGeneralists(domains.map((loads) => ({ load: loads }))).slice(0, count).map(({ expert }) => expert);
      const gates = scale(experts.map((expert) => usage.meanGate[layer]![expert]!));
      return experts.map((expert, at) => ({ expert, gate: gates[at]! }));
    });
    return { name, manifest: (await densifyRelease({ base, model: `dense-${count}`, chosen, store, journalDirectory })).manifest };
  };
  const asMeant = (gates: readonly number[]): readonly number[] => gates;
  const toOne = (gates: readonly number[]): readonly number[] => gates.map((gate) => gate / gates.reduce((sum, one) => sum + one, 0));
  const int8Backbone = await quantised('int8 backbone', METHODS.int8, ['backbone']);
  const variants: Variant[] = [
    { name: 'as imported (f32)', manifest: base },
    int8Backbone,
    await quantised('int8 experts', METHODS.int8, 'experts'),
    await quantised('int8 experts, backbone', METHODS.int8, 'experts-and-backbone'),
    await quantised('int4 experts', METHODS.int4, 'experts'),
    await quantised('int4 experts, no zero points', { bits: 4, zeroPoints: false }, 'experts'),
    await quantised('int4 experts, int8 backbone', METHODS.int4, 'experts', int8Backbone.manifest),
    await quantised('int4 experts, backbone', METHODS.int4, 'experts-and-backbone'),
    await dense('dense twin of 1, gates to 1', 1, toOne),
    await dense('dense twin of 2, mean gates', 2, asMeant),
    await dense('dense twin of 2, gates to 1', 2, toOne),
    await dense('dense twin of 4, mean gates', 4, asMeant),
    await dense('dense twin of 4, gates to 1', 4, toOne),
    await dense('dense twin of 8, mean gates', 8, asMeant),
  ];
  console.log(`\n${'release'.padEnd(30)} bits/byte   loss %   KL bits/token   decisions changed   weights MiB   tokens/s   expert load ms`);
  let baseline = 0;
  for (const { name, manifest } of variants) {
    const forward = await load(manifest);
    const measured = await measure(forward, reference, windows, base.shape.layers);
    baseline ||= measured.bitsPerByte;
    const mebibytes = Object.values(forward.memory().weightBytes).reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20;
    const cells = [
      measured.bitsPerByte.toFixed(4).padStart(9),
      ((measured.bitsPerByte / baseline - 1) * 100).toFixed(2).padStart(8),
      (measured.divergenceBits ?? 0).toFixed(5).padStart(15),
      (measured.changedDecisions === null ? '-' : `${(measured.changedDecisions * 100).toFixed(2)} %`).padStart(19),
      mebibytes.toFixed(1).padStart(13),
      measured.tokensPerSecond.toFixed(0).padStart(10),
      (await expertLoadMs(manifest, pathOf)).toFixed(1).padStart(19),
    ];
    console.log(`${name.padEnd(30)} ${cells.join('')}`);
    await forward.dispose();
  }
  console.log('\ngeneralists by layer (largest smallest share over the domains):');
  for (const [layer, domains] of usage.load.entries()) {
    const [first] = rankGeneralists(domains.map((loads) => ({ load: loads })));
    console.log(`  layer ${layer}: expert ${first!.expert}, at least ${(first!.leastShare * 100).toFixed(1)} % of every domain's selections, ${(first!.share * 100).toFixed(1)} % of all`);
  }
  await reference.dispose();
}

async function measure(forward: ForwardPass, reference: ForwardPass, windows: readonly Window[], layers: number): Promise<Measured> {
  const measured = new Measured();
  for (const window of windows) {
    const wanted = await runWindow(reference, window);
    const startMs = performance.now();
    const own = await runWindow(forward, window);
    measured.add(window, own, wanted, layers, performance.now() - startMs);
  }
  return measured;
}

await withHome(main);
