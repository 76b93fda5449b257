import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  type Attribute,
  type ExternalTensor,
  type InlineTensor,
  ONNX_TYPE,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './model.ts';

const IR_VERSION = 9;
const DEFAULT_OPSET = 17;
const MICROSOFT_OPSET = 1;
const EXTERNAL_LOCATION = 1;
const ATTRIBUTE_TYPE = { float: 1, int: 2, text: 3, ints: 7 } as const;

/**
 * Serialises a model as ONNX protobuf. Only the handful of messages that our graphs need are
 * written; field numbers are those of onnx.proto (ONNX 1.16, IR version 9).
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  const out = new BinaryWriter();
  out.tag(1, WireType.Varint).int64(IR_VERSION);
  out.tag(2, WireType.LengthDelimited).string('signalbox');
  message(out, 7, () => {
    for (const node of model.nodes) message(out, 1, () => writeNode(out, node));
    out.tag(2, WireType.LengthDelimited).string(model.name);
    for (const constant of model.constants) message(out, 5, () => writeTensor(out, constant));
    for (const value of model.inputs) message(out, 11, () => writeValue(out, value));
    for (const value of model.outputs) message(out, 12, () => writeValue(out, value));
  });
  message(out, 8, () => writeOpset(out, '', DEFAULT_OPSET));
  message(out, 8, () => writeOpset(out, 'com.microsoft', MICROSOFT_OPSET));
  return out.finish();
}

function message(out: BinaryWriter, field: number, write: () => void): void {
  out.tag(field, WireType.LengthDelimited).fork();
  write();
  out.join();
}

function text(out: BinaryWriter, field: number, value: string): void {
  out.tag(field, WireType.LengthDelimited).string(value);
}

function writeOpset(out: BinaryWriter, domain: string, version: number): void {
  text(out, 1, domain);
  out.tag(2, WireType.Varint).int64(version);
}

function writeNode(out: BinaryWriter, node: OnnxNode): void {
  for (const name of node.inputs) text(out, 1, name);
  for (const name of node.outputs) text(out, 2, name);
  text(out, 3, node.outputs[0] ?? node.operator);
  text(out, 4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(out, 5, () => writeAttribute(out, name, value));
  }
  text(out, 7, node.domain);
}

function writeAttribute(out: BinaryWriter, name: string, value: Attribute): void {
  text(out, 1, name);
  if ('float' in value) {
    out.tag(2, WireType.Bit32).float(value.float);
    out.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE.float);
  } else if ('int' in value) {
    out.tag(3, WireType.Varint).int64(value.int);
    out.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE.int);
  } else if ('text' in value) {
    text(out, 4, value.text);
    out.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE.text);
  } else {
    for (const item of value.ints) out.tag(8, WireType.Varint).int64(item);
    out.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPE.ints);
  }
}

function writeTensor(out: BinaryWriter, tensor: ExternalTensor | InlineTensor): void {
  for (const size of tensor.dimensions) out.tag(1, WireType.Varint).int64(size);
  out.tag(2, WireType.Varint).int32(ONNX_TYPE[tensor.type]);
  text(out, 8, tensor.name);
  if ('data' in tensor) {
    out.tag(9, WireType.LengthDelimited).bytes(tensor.data);
    return;
  }
  const entries = { location: tensor.location, offset: String(tensor.offsetBytes), length: String(tensor.sizeBytes) };
  for (const [key, value] of Object.entries(entries)) {
    message(out, 13, () => {
      text(out, 1, key);
      text(out, 2, value);
    });
  }
  out.tag(14, WireType.Varint).int32(EXTERNAL_LOCATION);
}

function writeValue(out: BinaryWriter, value: OnnxValue): void {
  text(out, 1, value.name);
  message(out, 2, () =>
    message(out, 1, () => {
      out.tag(1, WireType.Varint).int32(ONNX_TYPE[value.type]);
      message(out, 2, () => {
        for (const dimension of value.dimensions) {
          message(out, 1, () => {
            if (typeof dimension === 'number') out.tag(1, WireType.Varint).int64(dimension);
            else text(out, 2, dimension);
          });
        }
      });
    }),
  );
}
