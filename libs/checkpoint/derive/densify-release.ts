import { open } from 'node:fs/promises';
import { BACKBONE, type ComponentName, expertName, routerName, type Sha256, TENSORS, TOKENIZER } from '#libs/release/component';
import { isModelName, releaseIdOf } from '#libs/release/manifest-digest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type TensorEntry } from '#libs/release/tensor-file';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { readFully, readTensorTable } from '../components/component-file.ts';
import { CHUNK_ELEMENTS, chunkReader } from '../components/weight-reader.ts';
import { isWeightDtype } from '../finite-scan.ts';
import { DeriveError } from './derive-error.ts';
import { type DerivedRelease, sourceBytes } from './derived-release.ts';
import { type ComponentOrder, makeComponents, type MakeRequest } from './make-components.ts';

/** An expert of a layer and what its output is multiplied by. */
export interface WeightedExpert {
  readonly expert: number;
  readonly gate: number;
}

interface DensifyRequest extends MakeRequest {
  readonly base: ReleaseManifest;
  /** Served name of the twin. */
  readonly model: string;
  /** [layer]: the experts that go in; as many in each layer. */
  readonly chosen: readonly (readonly WeightedExpert[])[];
}

/**
 * A dense twin of a release: each layer has one expert, which is the chosen ones side by side, and nothing is
 * routed. With experts y_i = D_i(silu(G_i x) * U_i x) and gates g_i it computes sum(g_i y_i), as
 * D = [g_1 D_1 | g_2 D_2 | ...] over the stacked rows of G and U. Backbone and tokenizer are the base's own
 * versions, so that both together hold them once.
 * @throws DeriveError; the signal's reason when aborted
 */
export async function densifyRelease({ base, model, chosen, ...request }: DensifyRequest): Promise<DerivedRelease> {
  const { shape } = base;
  const experts = requireChosen(base, model, chosen);
  const { store } = request;
  const orders: ComponentOrder[] = [];
  for (const [layer, row] of chosen.entries()) {
    const sources = row.map(({ expert, gate }) => {
      const name = expertName(layer, expert);
      const sha256 = base.components[name]!;
      return { name, sha256, path: store.pathOf(sha256), gate: Math.fround(gate) };
    });
    let size = 0;
    for (const { name, sha256 } of sources) size += await sourceBytes(store, name, sha256);
    orders.push({ name: routerName(layer), recipe: `router of one expert, ${shape.hiddenSize}`, sourceBytes: 0, content: async () => emptyRouter(shape.hiddenSize) });
    orders.push({ name: expertName(layer, 0), recipe: `dense/1 ${JSON.stringify(sources.map(({ sha256, gate }) => [sha256, gate]))}`, sourceBytes: size, content: (signal) => denseExpert(sources, signal) });
  }
  const made = await makeComponents(orders, request);
  const manifest: ReleaseManifest = {
    ...base,
    model,
    shape: { ...shape, experts: 1, expertWidth: shape.expertWidth * experts },
    routing: { gating: 'softmax-topk', topK: 1, normalise: true },
    components: {
      [BACKBONE]: base.components[BACKBONE]!,
      [TOKENIZER]: base.components[TOKENIZER]!,
      ...Object.fromEntries(made.map(({ name, sha256 }) => [name, sha256])),
    },
  };
  return { manifest, releaseId: releaseIdOf(manifest), components: made.map((one) => ({ ...one, from: null })), madeHow: `dense twin of ${releaseIdOf(base)}: experts ${chosen.map((row) => row.map(({ expert }) => expert).join('+')).join(', ')} by layer` };
}

/** How many experts each layer has in it. @throws DeriveError */
function requireChosen({ shape }: ReleaseManifest, model: string, chosen: DensifyRequest['chosen']): number {
  const wrong = (message: string): DeriveError => new DeriveError('malformed-order', message);
  if (!isModelName(model)) throw wrong('The name of the twin must have 1 to 128 letters, digits or . _ : / -, a letter or digit first.');
  const experts = chosen[0]?.length ?? 0;
  if (chosen.length !== shape.layers || experts === 0) throw wrong(`Choose experts for each of the ${shape.layers} layers, one at least.`);
  for (const [layer, row] of chosen.entries()) {
    if (row.length !== experts || new Set(row.map(({ expert }) => expert)).size !== experts) throw wrong(`Layer ${layer} must have ${experts} different experts, as layer 0 has: all dense experts are equally wide.`);
    const misfit = row.find(({ expert, gate }) => !(Number.isInteger(expert) && expert >= 0 && expert < shape.experts && Number.isFinite(gate)));
    if (misfit) throw wrong(`Layer ${layer} names expert ${misfit.expert} with gate ${misfit.gate}; experts are 0 to ${shape.experts - 1}, gates finite numbers.`);
  }
  return experts;
}

/** With one expert its softmax is 1 whatever the weights. */
async function* emptyRouter(hiddenSize: number): AsyncGenerator<Uint8Array> {
  const { bytes, fileBytes } = encodeTensorHeader([{ name: TENSORS.router.weight, dtype: 'F32', shape: [1, hiddenSize] }]);
  yield bytes;
  yield new Uint8Array(fileBytes - bytes.length);
}

interface Source {
  readonly name: ComponentName;
  readonly sha256: Sha256;
  readonly path: string;
  readonly gate: number;
}

/** Rows of gate and up as they are, one expert below the other; columns of down side by side, scaled, in fp32. */
async function denseExpert(sources: readonly Source[], signal: AbortSignal): Promise<AsyncGenerator<Uint8Array>> {
  const { gate, up, down } = TENSORS.expert;
  const tables = await Promise.all(sources.map(async ({ path }) => (await readTensorTable(path)).tensors));
  const parts = Object.fromEntries([gate, up, down].map((name) => [name, tables.map((tensors, at) => requireFloat(tensors.get(name), name, sources[at]!, tables[0]!.get(name)))]));
  const rows = (name: string): number => parts[name]!.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const hidden = parts[down]![0]!.shape[0]!;
  const { dtype } = parts[gate]![0]!;
  const { bytes, table } = encodeTensorHeader(
    [
      { name: gate, dtype, shape: [rows(gate), hidden] },
      { name: up, dtype: parts[up]![0]!.dtype, shape: [rows(up), hidden] },
      { name: down, dtype: 'F32', shape: [hidden, rows(gate)] },
    ],
    { format: 'signalbox.dense/1', made_from: sources.map(({ sha256 }) => sha256).join(' '), gates: sources.map(({ gate: factor }) => String(factor)).join(' ') },
  );
  return denseContent(sources, parts, [...table.tensors.keys()], bytes, signal);
}

function requireFloat(entry: TensorEntry | undefined, tensor: string, { name }: Source, first: TensorEntry | undefined): TensorEntry {
  if (!entry || !isWeightDtype(entry.dtype)) throw new DeriveError('not-float', `The tensor ${tensor} of ${name} is ${entry?.dtype ?? 'missing'}; begin with the release that it was quantised from.`, name);
  if (entry.dtype !== first?.dtype || entry.shape.some((size, axis) => size !== first.shape[axis])) throw new DeriveError('not-float', `The tensor ${tensor} of ${name} has another dtype or shape than that of the first expert of its layer; choose experts alike.`, name);
  return entry;
}

async function* denseContent(sources: readonly Source[], parts: Readonly<Record<string, readonly TensorEntry[]>>, order: readonly string[], header: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield header;
  const files = await Promise.all(sources.map(({ path }) => open(path, 'r')));
  try {
    const buffer = new Uint8Array(CHUNK_ELEMENTS);
    for (const name of order) {
      if (name === TENSORS.expert.down) {
        const readers = parts[name]!.map((entry, at) => chunkReader({ file: files[at]!, entry }));
        yield* sideBySide(readers, sources.map(({ gate }) => gate), parts[name]![0]!.shape as readonly [number, number], signal);
        continue;
      }
      for (const [at, { begin, end }] of parts[name]!.entries()) {
        for (let place = begin; place < end; place += buffer.length) {
          signal.throwIfAborted();
          const chunk = buffer.subarray(0, Math.min(buffer.length, end - place));
          await readFully(files[at]!, chunk, place);
          yield chunk;
        }
      }
    }
  } finally {
    for (const file of files) await file.close();
  }
}

async function* sideBySide(readers: readonly ReturnType<typeof chunkReader>[], gates: readonly number[], [rows, columns]: readonly [number, number], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const step = Math.max(1, Math.floor(CHUNK_ELEMENTS / (columns * readers.length)));
  for (let first = 0; first < rows; first += step) {
    signal.throwIfAborted();
    const count = Math.min(step, rows - first);
    const joined = new Float32Array(count * columns * readers.length);
    for (const [at, read] of readers.entries()) {
      const values = await read(first * columns, count * columns);
      for (let row = 0; row < count; row += 1) {
        const target = (row * readers.length + at) * columns;
        for (let column = 0; column < columns; column += 1) joined[target + column] = values[row * columns + column]! * gates[at]!;
      }
    }
    yield new Uint8Array(joined.buffer);
  }
}
