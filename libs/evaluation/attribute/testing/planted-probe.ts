import { createHash } from 'node:crypto';
import { expertName, routerName, type ComponentName, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Intervention, type Probe, type Score } from '../../probe/probe.ts';

const LAYERS = 3;
const EXPERTS = 4;

export function digest(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex');
}

/** A release of 3 layers of 4 experts whose components are known by their digests alone. */
export function plainRelease(): ReleaseManifest {
  const names = ['backbone', 'tokenizer'];
  for (let layer = 0; layer < LAYERS; layer++) names.push(routerName(layer), ...Array.from({ length: EXPERTS }, (_, expert) => expertName(layer, expert)));
  return {
    format: 'signalbox.release/1',
    model: 'planted',
    architecture: 'mixtral',
    shape: {
      vocabSize: 256, hiddenSize: 8, layers: LAYERS, experts: EXPERTS, expertWidth: 8, attentionHeads: 2, keyValueHeads: 1, headSize: 4, contextTokens: 64, rmsNormEpsilon: 1e-5, ropeTheta: 10_000,
      slidingWindowTokens: null, tiedHead: false, bosTokenId: 0, eosTokenIds: [1],
    },
    routing: { gating: 'softmax-topk', topK: 2, normalise: true },
    components: Object.fromEntries(names.map((name) => [name, digest(name)])),
  };
}

/** The release with other versions of some components. */
export function withNew(release: ReleaseManifest, names: readonly ComponentName[]): ReleaseManifest {
  return { ...release, components: { ...release.components, ...Object.fromEntries(names.map((name) => [name, digest(`new ${name}`)])) } };
}

export interface Truth {
  /** Extra bits of a byte of text: what is wrong with a release. */
  readonly harm: (components: ReleaseManifest['components'], intervention: Intervention | undefined) => number;
  /** Bits of a byte by which an item differs from others, at most, with each release of its own. */
  readonly noise?: number;
}

/** A probe whose releases are as bad as the truth says. Its texts' tokens are their bytes after `<s>`. */
export function plantedProbe({ harm, noise = 0 }: Truth): Probe & { rows: number } {
  return {
    rows: 0,
    encode: (_, text) => Promise.resolve(Uint32Array.from([0, ...Buffer.from(text)])),
    decode: () => Promise.reject(new Error('not asked for')),
    answer: () => Promise.reject(new Error('not asked for')),
    alternatives: ({ components }, { row, choices }) =>
      Promise.resolve(Float64Array.from(choices, (choice) => -Math.LN2 * (3 + harm(components, choice.length === 0 ? undefined : { routes: choice.map((route) => ({ ...route, row })) })))),
    score({ components }, questions) {
      return Promise.resolve(
        questions.map(({ tokens, from, intervention }): Score => {
          const rows = tokens.length - 1;
          this.rows += rows;
          const own = noise * (createHash('sha256').update(`${tokens.join()} ${JSON.stringify(components)}`).digest().readUInt32LE(0) / 2 ** 31 - 1);
          const bits = 3 + (tokens[1]! % 5) / 5 + harm(components, intervention) + own;
          const expertIds = Uint16Array.from({ length: rows * LAYERS * 2 }, (_, at) => at % 2);
          return { logProbs: new Float64Array(tokens.length - from).fill(-bits * Math.LN2), routes: { expertIds, gates: new Float32Array(expertIds.length).fill(0.5), flags: null } };
        }),
      );
    },
  };
}
