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

  output(name: string, dimensions: OnnxValue['dimensions']): string {
    this.#outputs.push({ name, type: 'F32', dimensions });
    return name;
  }

  /** A node with one output, named by the caller or by number. */
  node(operator: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = output ?? `v${this.#nodes.length}`;
    this.#nodes.push({ operator, domain: '', inputs, outputs: [name], attributes });
    return name;
  }

  /** A node of ONNX Runtime's own operator set. */
  microsoft(operator: string, inputs: readonly string[], outputs: readonly string[], attributes: Record<string, Attribute>): void {
    this.#nodes.push({ operator, domain: 'com.microsoft', inputs, outputs, attributes });
  }

  /** A weight in fp32. The cast of a half-precision constant is folded when the session is made. */
  weight(slice: WeightSlice): string {
    const name = `w${this.#constants.length}`;
    this.#constants.push({
      name,
      type: slice.type,
      dimensions: slice.shape,
      location: slice.location,
      offsetBytes: slice.offsetBytes,
      sizeBytes: slice.sizeBytes,
    });
    return slice.type === 'F32' ? name : this.node('Cast', [name], { to: { int: 1 } });
  }

  /**
   * x [..., in] times the transpose of weights stored [out, in]; several weights are joined along
   * their outputs. The transposed constant is folded and prepacked when the session is made.
   */
  project(x: string, slices: readonly WeightSlice[], output?: string): string {
    const parts = slices.map((slice) => this.weight(slice));
    const joined = parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: { int: 0 } });
    const transposed = this.node('Transpose', [joined], { perm: { ints: [1, 0] } });
    return this.node('MatMul', [x, transposed], {}, output);
  }

  /** x / sqrt(mean(x^2) + epsilon) * weight over the last axis (Zhang and Sennrich, 2019). */
  rmsNorm(x: string, slice: WeightSlice, epsilon: number, output?: string): string {
    const attributes = { epsilon: { float: epsilon }, axis: { int: -1 } };
    return this.node('SimplifiedLayerNormalization', [x, this.weight(slice)], attributes, output);
  }

  /** Sizes: 0 keeps the input's size at that place, -1 is what is left. */
  reshape(x: string, sizes: readonly number[]): string {
    const name = `s${this.#constants.length}`;
    const data = new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer);
    this.#constants.push({ name, type: 'I64', dimensions: [sizes.length], data });
    return this.node('Reshape', [x, name]);
  }

  model(name: string): OnnxModel {
    return { name, nodes: this.#nodes, constants: this.#constants, inputs: this.#inputs, outputs: this.#outputs };
  }
}
