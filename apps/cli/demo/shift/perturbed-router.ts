/// <reference lib="esnext.float16" />
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { TENSORS } from '#libs/release/component';
import { decodeTensorHeader, LENGTH_FIELD_BYTES, tensorHeaderEnd } from '#libs/release/tensor-file';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { CliError, EXIT } from '../../api/exit-code.ts';

export interface RouterFile {
  readonly bytes: Uint8Array;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface PerturbedRouter {
  /** The router as the checkpoint holds it. */
  readonly original: RouterFile;
  readonly perturbed: RouterFile;
}

/**
 * Component files of a Mixtral router, as it is and perturbed: each weight w becomes
 *
 *   w' = fp16(w + strength * rms(W) * z),   rms(W) = sqrt(mean of w^2),   z ~ N(0, 1),
 *
 * so that ||W' - W|| / ||W|| (Frobenius) is close to `strength`.
 * @param checkpoint safetensors file with the router's weights in fp16
 * @param random uniform, 0 (included) to 1 (excluded)
 */
export async function perturbedRouter(checkpoint: string, layer: number, strength: number, random: () => number): Promise<PerturbedRouter> {
  const { shape, weights } = await readRouter(checkpoint, layer);
  const scale = strength * Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0) / weights.length);
  // Box and Muller (1958): two uniform draws give a normal one.
  const perturbed = weights.map((weight) => weight + scale * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  return { original: routerFile(shape, weights), perturbed: routerFile(shape, perturbed) };
}

async function readRouter(checkpoint: string, layer: number): Promise<{ shape: readonly number[]; weights: Float16Array }> {
  await using file = await open(checkpoint, 'r').catch((cause: unknown) => {
    throw new CliError(EXIT.usage, `${checkpoint} cannot be read: the router to perturb is taken from the demo model's checkpoint.`, { cause });
  });
  const { size } = await file.stat();
  const read = async (position: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    await file.read(bytes, 0, length, position);
    return bytes;
  };
  const headerEnd = tensorHeaderEnd(await read(0, LENGTH_FIELD_BYTES), size);
  const name = `model.layers.${layer}.block_sparse_moe.gate.weight`;
  const entry = decodeTensorHeader(await read(0, headerEnd), size).tensors.get(name);
  if (entry?.dtype !== 'F16') throw new CliError(EXIT.usage, `${checkpoint} holds no fp16 tensor ${name}.`);
  return { shape: entry.shape, weights: new Float16Array((await read(entry.begin, entry.end - entry.begin)).buffer) };
}

function routerFile(shape: readonly number[], weights: Float16Array): RouterFile {
  const header = encodeTensorHeader([{ name: TENSORS.router.weight, dtype: 'F16', shape }]);
  const bytes = new Uint8Array(header.fileBytes);
  bytes.set(header.bytes);
  bytes.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength), header.bytes.byteLength);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
