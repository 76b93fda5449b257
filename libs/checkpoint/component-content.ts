import { DTYPE_BYTES } from '#libs/release/tensor-file';
import { encodeTensorHeader, type TensorSpec } from '#libs/release/tensor-file-layout';
import { type ComponentName } from '#libs/release/component';
import { type ComponentSource, type TensorSource } from './architectures/architecture.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { firstNotFinite, isWeightDtype, type WeightDtype } from './finite-scan.ts';
import { openSource, readExactly, requireUnchanged, type SourceFile } from './hugging-face/checkpoint-folder.ts';
import { type SourceTensor, type WeightTable } from './hugging-face/weight-table.ts';

/** A run of bytes of a checkpoint file that becomes one tensor of a component. */
export interface TensorRun {
  /** Name in the checkpoint, for messages. */
  readonly tensor: string;
  readonly file: SourceFile;
  readonly dtype: WeightDtype;
  /** Offset from the file's start. */
  readonly begin: number;
  readonly sizeBytes: number;
  /** Index of the first element inside the checkpoint's tensor. */
  readonly firstElement: number;
}

/** Everything needed to write one weight component. */
export interface ComponentPlan {
  readonly component: ComponentName;
  /** safetensors header of the component file. */
  readonly header: Uint8Array;
  /** Tensors in the order of the file. */
  readonly runs: readonly TensorRun[];
  /** Size of the component file. */
  readonly sizeBytes: number;
}

/**
 * Finds a component's tensors in the checkpoint and lays out its file. Reads nothing.
 * @throws CheckpointError `missing-tensor`, `misshapen-tensor` or `unknown-dtype`
 */
export function planComponent(source: ComponentSource, weights: WeightTable): ComponentPlan {
  const runs = new Map<string, TensorRun>();
  const specs: TensorSpec[] = [];
  for (const wanted of source.tensors) {
    const found = findTensor(source.component, wanted, weights);
    const { dtype } = found;
    if (!isWeightDtype(dtype)) {
      throw new CheckpointError(
        'unknown-dtype',
        { file: found.file.name, tensor: wanted.from },
        `Tensor ${wanted.from} has the dtype ${dtype}; weights must be F16, BF16 or F32. Import the unquantised checkpoint.`,
      );
    }
    const size = DTYPE_BYTES[dtype];
    specs.push({ name: wanted.name, dtype, shape: wanted.shape });
    runs.set(wanted.name, {
      tensor: wanted.from,
      file: found.file,
      dtype,
      begin: found.begin + wanted.firstElement * size,
      sizeBytes: wanted.shape.reduce((elements, length) => elements * length, size),
      firstElement: wanted.firstElement,
    });
  }
  const { bytes, fileBytes, table } = encodeTensorHeader(specs);
  const inOrder = [...table.tensors.keys()].flatMap((name) => runs.get(name) ?? []);
  return { component: source.component, header: bytes, runs: inOrder, sizeBytes: fileBytes };
}

function findTensor(component: ComponentName, wanted: TensorSource, weights: WeightTable): SourceTensor {
  const found = weights.get(wanted.from);
  if (found === undefined) {
    throw new CheckpointError(
      'missing-tensor',
      { tensor: wanted.from },
      `The checkpoint holds no tensor ${wanted.from}, which ${component} needs. Check that the download is complete and config.json belongs to it.`,
    );
  }
  if (found.shape.length !== wanted.fromShape.length || found.shape.some((length, axis) => length !== wanted.fromShape[axis])) {
    throw new CheckpointError(
      'misshapen-tensor',
      { file: found.file.name, tensor: wanted.from },
      `Tensor ${wanted.from} has the shape [${found.shape.join(', ')}], by config.json it must be [${wanted.fromShape.join(', ')}]. ` +
        'Weights and config.json do not belong together.',
    );
  }
  return found;
}

/**
 * The bytes of a component file, in chunks; each chunk is valid until the next is asked for.
 * @param buffer reused for every chunk; its length, a multiple of 8, bounds the memory used
 * @throws CheckpointError `not-finite` or `changed-during-import`; the signal's reason when aborted
 */
export async function* componentContent(plan: ComponentPlan, buffer: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  yield plan.header;
  for (const run of plan.runs) yield* tensorContent(run, buffer, signal);
}

async function* tensorContent(run: TensorRun, buffer: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await openSource(run.file);
  try {
    for (let done = 0; done < run.sizeBytes; done += buffer.byteLength) {
      signal.throwIfAborted();
      const chunk = buffer.subarray(0, Math.min(buffer.byteLength, run.sizeBytes - done));
      await readExactly(run.file, handle, chunk, run.begin + done);
      requireFinite(run, chunk, done);
      yield chunk;
    }
    await requireUnchanged(run.file, handle);
  } finally {
    await handle.close();
  }
}

function requireFinite(run: TensorRun, chunk: Uint8Array, offset: number): void {
  const at = firstNotFinite(chunk, run.dtype);
  if (at < 0) return;
  const element = run.firstElement + offset / DTYPE_BYTES[run.dtype] + at;
  throw new CheckpointError(
    'not-finite',
    { file: run.file.name, tensor: run.tensor },
    `Tensor ${run.tensor} holds NaN or infinity at element ${element}. The training or conversion went wrong: export the checkpoint again.`,
  );
}
