import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface TensorPlace {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

const WEIGHTS = 'model.safetensors';
const LENGTH_BYTES = 8;

/**
 * A copy of a checkpoint in which every sign of some tensors is turned: everything stays finite and
 * those components, and no others, become different versions.
 */
export function changeCheckpoint(source: string, target: string, isChanged: (tensor: string) => boolean): void {
  cpSync(source, target, { recursive: true });
  const bytes = readFileSync(join(source, WEIGHTS));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + headerBytes)) as Record<string, TensorPlace>;
  const data = LENGTH_BYTES + headerBytes;
  let changed = 0;
  for (const [name, { dtype, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__' || !isChanged(name)) continue;
    // The sign is the highest bit of a float's last byte, whatever its width.
    const width = dtype === 'F32' ? 4 : 2;
    for (let at = data + offsets[0] + width - 1; at < data + offsets[1]; at += width) bytes[at] = (bytes[at] ?? 0) ^ 0x80;
    changed += 1;
  }
  if (changed === 0) throw new Error('no tensor of the checkpoint was chosen to be changed');
  writeFileSync(join(target, WEIGHTS), bytes);
}

/** Whether a tensor, by its Mixtral name, belongs to an expert. */
export function isExpert(tensor: string, layer: number, expert: number): boolean {
  return tensor.startsWith(`model.layers.${layer}.block_sparse_moe.experts.${expert}.`);
}

/** Whether a tensor, by its Mixtral name, is a layer's router. */
export function isRouter(tensor: string, layer: number): boolean {
  return tensor === `model.layers.${layer}.block_sparse_moe.gate.weight`;
}
