import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type ModelShape } from '#libs/release/manifest';
import { encodeModel } from '#libs/runtime/onnx/encode-model';
import { type OnnxModel } from '#libs/runtime/onnx/model';

const SIDE = 2048;
/** Four matrices one after the other: 64 MiB, so that the cache of a core holds none of it until the next run. */
const MATRICES = 4;
const RUNS = 5;

/** The fastest that the machine multiplies and reads, in fp32, with the library and the threads that the engine has. */
export interface MachineLimit {
  readonly gigaflops: number;
  readonly gigabytesPerSecond: number;
}

/** Measures large matrix products of constants: 2,048 rows for arithmetic, one row for reading weights. */
export class LimitProbe {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(threads: number): Promise<LimitProbe> {
    const options: InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    };
    return new LimitProbe(await InferenceSession.create(encodeModel(productModel()), options));
  }

  /** The best of a few runs of each. */
  async measure(): Promise<MachineLimit> {
    const flops = 2 * SIDE ** 3 * MATRICES;
    const bytes = 4 * SIDE ** 2 * MATRICES;
    return { gigaflops: flops / (await this.#bestMs(SIDE)) / 1e6, gigabytesPerSecond: bytes / (await this.#bestMs(1)) / 1e6 };
  }

  close(): Promise<void> {
    return this.#session.release();
  }

  async #bestMs(rows: number): Promise<number> {
    const x = new Tensor('float32', new Float32Array(rows * SIDE).fill(0.5), [rows, SIDE]);
    let bestMs = Infinity;
    for (let run = 0; run < RUNS; run++) {
      const startedMs = performance.now();
      await this.#session.run({ x });
      bestMs = Math.min(bestMs, performance.now() - startedMs);
    }
    return bestMs;
  }
}

function productModel(): OnnxModel {
  const data = new Uint8Array(new Float32Array(SIDE * SIDE).fill(1 / SIDE).buffer);
  const names = Array.from({ length: MATRICES }, (_, index) => index);
  return {
    name: 'products',
    nodes: names.map((index) => ({
      operator: 'MatMul',
      domain: '',
      inputs: [index === 0 ? 'x' : `y${index - 1}`, `w${index}`],
      outputs: [index === MATRICES - 1 ? 'y' : `y${index}`],
      attributes: {},
    })),
    constants: names.map((index) => ({ name: `w${index}`, type: 'F32', dimensions: [SIDE, SIDE], data })),
    inputs: [{ name: 'x', type: 'F32', dimensions: ['rows', SIDE] }],
    outputs: [{ name: 'y', type: 'F32', dimensions: ['rows', SIDE] }],
  };
}

/** Weights that one token is multiplied by: in its layers, and in the head. */
export function activeWeights(shape: ModelShape, topK: number): { readonly layers: number; readonly head: number } {
  const attention = 2 * shape.attentionHeads * shape.headSize + 2 * shape.keyValueHeads * shape.headSize;
  const layer = shape.hiddenSize * (attention + shape.experts + 3 * topK * shape.expertWidth);
  return { layers: shape.layers * layer, head: shape.vocabSize * shape.hiddenSize };
}
