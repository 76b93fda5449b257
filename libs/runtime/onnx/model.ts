/** ONNX tensor element types that our graphs use, as in TensorProto.DataType. */
export const ONNX_TYPE = { F32: 1, U8: 2, I32: 6, I64: 7, F16: 10, BF16: 16 } as const;
export type OnnxType = keyof typeof ONNX_TYPE;

/** Kinds of attribute values, named as in AttributeProto. */
export type Attribute = { readonly int: number } | { readonly float: number } | { readonly ints: readonly number[] } | { readonly text: string };

/** Operators of the default domain have domain ''; ONNX Runtime's own have 'com.microsoft'. */
export interface OnnxNode {
  readonly operator: string;
  readonly domain: '' | 'com.microsoft';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph input or output. A dimension is a size or the name of a free size. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly dimensions: readonly (number | string)[];
}

/** A constant held in a file beside the model. */
export interface ExternalTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly dimensions: readonly number[];
  /** File name relative to the model's folder. */
  readonly location: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A small constant held in the model itself; data in little-endian order. */
export interface InlineTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly (ExternalTensor | InlineTensor)[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}
