import { BLOCK_WEIGHTS, type CodeBits } from '#libs/release/quantised-tensor';
import { type Attribute, type ExternalTensor, type InlineTensor, type OnnxModel, type OnnxNode, type OnnxValue } from './model.ts';

/** A weight as it lies in a component file. */
export interface WeightSlice {
  readonly type: 'F32' | 'F16' | 'BF16';
  readonly shape: readonly number[];
  /** File name beside the model. */
  readonly location: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A matrix [out, in] held as whole numbers (libs/release/quantised-tensor). */
interface BlockMatrix {
  readonly bits: CodeBits;
  readonly shape: readonly number[];
  readonly codes: ByteSlice;
  readonly scales: WeightSlice;
  /** null: the middle of the codes everywhere. */
  readonly zeroPoints: ByteSlice | null;
}

type ByteSlice = Omit<WeightSlice, 'type'> & { readonly type: 'U8' };

export type Matrix = WeightSlice | BlockMatrix;

/**
 * MatMulNBits rounds its input to 8 bits by block too and adds up in whole numbers. That is its fastest way,
 * and the only one whose rows have the same bits in any number of rows: at levels 0 and 1 one row and two
 * differ in the seventh digit (row-invariance.test.ts).
 */
const ACCURACY_LEVEL = 4;

/**
 * Collects nodes and constants of one graph. Names are given out here, so that two graphs built
 * from the same weights come out byte for byte alike.
 */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: (ExternalTensor | InlineTensor)[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];

  input(name: string, type: OnnxValue['type'], dimensions: OnnxValue['dimensions']): string {
    this.#inputs.push({ name, type, dimensions });
    return name;
  }

  output(name: string, dimensions: OnnxValue['dimensions'], type: OnnxValue['type'] = 'F32'): string {
    this.#outputs.push({ name, type, dimensions });
    return name;
  }

  /** A node with one output, named by the caller or by number. */
  node(operator: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = output ?? `v${this.#nodes.length}`;
    this.#nodes.push({ operator, domain: '', inputs, outputs: [name], attributes });
    return name;
  }

  /** A node with several outputs, named by the caller. */
  several(operator: string, inputs: readonly string[], outputs: readonly string[], attributes: Record<string, Attribute> = {}): void {
    this.#nodes.push({ operator, domain: '', inputs, outputs, attributes });
  }

  /** A small constant of whole numbers; a single one without dimensions is a scalar. */
  integers(values: readonly number[], dimensions: readonly number[] = [values.length]): string {
    return this.#inline('I64', dimensions, BigInt64Array.from(values, BigInt));
  }

  /** A constant number. */
  float(value: number): string {
    return this.#inline('F32', [], Float32Array.of(value));
  }

  #inline(type: InlineTensor['type'], dimensions: readonly number[], values: ArrayBufferView): string {
    const name = `s${this.#constants.length}`;
    this.#constants.push({ name, type, dimensions, data: new Uint8Array(values.buffer as ArrayBuffer) });
    return name;
  }

  /** A node of ONNX Runtime's own operator set. */
  microsoft(operator: string, inputs: readonly string[], outputs: readonly string[], attributes: Record<string, Attribute>): void {
    this.#nodes.push({ operator, domain: 'com.microsoft', inputs, outputs, attributes });
  }

  /** The same with one output, named by number. */
  fused(operator: string, inputs: readonly string[], attributes: Record<string, Attribute>): string {
    const name = `v${this.#nodes.length}`;
    this.microsoft(operator, inputs, [name], attributes);
    return name;
  }

  /** A weight in fp32. The cast of a half-precision constant is folded when the session is made. */
  weight(slice: WeightSlice): string {
    const name = this.#external(slice);
    return slice.type === 'F32' ? name : this.node('Cast', [name], { to: { int: 1 } });
  }

  #external({ shape: dimensions, type, location, offsetBytes, sizeBytes }: WeightSlice | ByteSlice): string {
    const name = `w${this.#constants.length}`;
    this.#constants.push({ name, type, dimensions, location, offsetBytes, sizeBytes });
    return name;
  }

  /**
   * x [..., in] times the transpose of weights stored [out, in]; several weights are joined along
   * their outputs. The transposed constant is folded and prepacked when the session is made.
   */
  project(x: string, slices: readonly Matrix[], output?: string): string {
    const floats = slices.filter((slice) => 'type' in slice);
    const blocks = slices.filter((slice) => 'codes' in slice);
    if (blocks.length === slices.length && areAlike(blocks)) return this.#projectBlocks(x, blocks, output);
    if (blocks.length > 0) return this.node('Concat', slices.map((slice) => this.project(x, [slice])), { axis: { int: -1 } }, output);
    const transposed = this.node('Transpose', [this.#joined(floats.map((slice) => this.weight(slice)))], { perm: { ints: [1, 0] } });
    return this.node('MatMul', [x, transposed], {}, output);
  }

  #projectBlocks(x: string, blocks: readonly BlockMatrix[], output?: string): string {
    const { bits, shape } = blocks[0]!;
    const out = blocks.reduce((sum, block) => sum + block.shape[0]!, 0);
    const zeroPoints = blocks.flatMap((block) => block.zeroPoints ?? []);
    const inputs = [x, this.#joined(blocks.map(({ codes }) => this.#external(codes))), this.#joined(blocks.map(({ scales }) => this.#external(scales)))];
    if (zeroPoints.length > 0) inputs.push(this.#joined(zeroPoints.map((slice) => this.#external(slice))));
    const attributes = { K: shape[1]!, N: out, bits, block_size: BLOCK_WEIGHTS, accuracy_level: ACCURACY_LEVEL };
    const name = output ?? `v${this.#nodes.length}`;
    this.microsoft('MatMulNBits', inputs, [name], Object.fromEntries(Object.entries(attributes).map(([key, int]) => [key, { int }])));
    return name;
  }

  /** Constants put together along their first axis. */
  #joined(parts: readonly string[]): string {
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: { int: 0 } });
  }

  /** x / sqrt(mean(x^2) + epsilon) * weight over the last axis (Zhang and Sennrich, 2019). */
  rmsNorm(x: string, slice: WeightSlice, epsilon: number, output?: string): string {
    const attributes = { epsilon: { float: epsilon }, axis: { int: -1 } };
    return this.node('SimplifiedLayerNormalization', [x, this.weight(slice)], attributes, output);
  }

  /** Sizes: 0 keeps the input's size at that place, -1 is what is left. */
  reshape(x: string, sizes: readonly number[]): string {
    return this.node('Reshape', [x, this.integers(sizes)]);
  }

  model(name: string): OnnxModel {
    return { name, nodes: this.#nodes, constants: this.#constants, inputs: this.#inputs, outputs: this.#outputs };
  }
}

function areAlike(blocks: readonly BlockMatrix[]): boolean {
  return blocks.every(({ bits, zeroPoints }) => bits === blocks[0]!.bits && (zeroPoints === null) === (blocks[0]!.zeroPoints === null));
}
