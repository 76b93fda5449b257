import { z } from 'zod';
import {
  decodeTensorHeader,
  LENGTH_FIELD_BYTES,
  TensorFileError,
  tensorHeaderEnd,
  type TensorEntry,
  type TensorTable,
} from '#libs/release/tensor-file';
import { CheckpointError } from '../checkpoint-error.ts';
import {
  findFile,
  openSource,
  parseJson,
  readExactly,
  readText,
  type CheckpointFolder,
  type SourceFile,
} from './checkpoint-folder.ts';

/** A tensor of the checkpoint and the file that holds it. */
export interface SourceTensor extends TensorEntry {
  readonly file: SourceFile;
}

/** All tensors of a checkpoint by name, whether in one file or in shards. */
export type WeightTable = ReadonlyMap<string, SourceTensor>;

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/** An index of DeepSeek-V3's 90,000 tensors has about 9 MB. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
const MAX_SHARDS = 4096;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Reads the headers of model.safetensors, or of the shards that model.safetensors.index.json names.
 * No weights are read.
 * @throws CheckpointError with the file and tensor at fault
 */
export async function readWeightTable(folder: CheckpointFolder): Promise<WeightTable> {
  const single = await findFile(folder, SINGLE_FILE);
  if (single !== null) {
    const { tensors } = await readHeader(single);
    return new Map([...tensors].map(([name, entry]) => [name, { ...entry, file: single }]));
  }
  const text = await readText(folder, INDEX_FILE, MAX_INDEX_BYTES);
  if (text === null) {
    throw new CheckpointError(
      'missing-weights',
      { file: SINGLE_FILE },
      `The folder holds neither ${SINGLE_FILE} nor ${INDEX_FILE}. Other formats (pytorch_model.bin, GGUF) must be converted to safetensors first.`,
    );
  }
  return readShards(folder, readIndex(text));
}

function readIndex(text: string): ReadonlyMap<string, readonly string[]> {
  const parsed = indexSchema.safeParse(parseJson(INDEX_FILE, text));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new CheckpointError('malformed-index', { file: INDEX_FILE, field }, `${INDEX_FILE}: ${field} must map tensor names to shard files. Download it again.`);
  }
  const byShard = new Map<string, string[]>();
  for (const [tensor, shard] of Object.entries(parsed.data.weight_map)) {
    const tensors = byShard.get(shard);
    if (tensors) tensors.push(tensor);
    else byShard.set(shard, [tensor]);
  }
  if (byShard.size > MAX_SHARDS) {
    throw new CheckpointError('malformed-index', { file: INDEX_FILE, field: 'weight_map' }, `${INDEX_FILE} names ${byShard.size} shards, more than the limit of ${MAX_SHARDS}.`);
  }
  return byShard;
}

async function readShards(folder: CheckpointFolder, byShard: ReadonlyMap<string, readonly string[]>): Promise<WeightTable> {
  const table = new Map<string, SourceTensor>();
  for (const [shard, names] of byShard) {
    const file = await findFile(folder, shard);
    if (file === null) {
      throw new CheckpointError('missing-shard', { file: shard }, `${INDEX_FILE} names ${shard}, which is not in the folder. Download it.`);
    }
    const { tensors } = await readHeader(file);
    for (const name of names) {
      const entry = tensors.get(name);
      if (entry === undefined) {
        throw new CheckpointError(
          'missing-tensor',
          { file: shard, tensor: name },
          `${INDEX_FILE} places tensor ${name} in ${shard}, which does not hold it. Download index and shards of one revision.`,
        );
      }
      table.set(name, { ...entry, file });
    }
  }
  return table;
}

async function readHeader(file: SourceFile): Promise<TensorTable> {
  const handle = await openSource(file);
  try {
    const prefix = new Uint8Array(Math.min(LENGTH_FIELD_BYTES, file.sizeBytes));
    await readExactly(file, handle, prefix, 0);
    const header = new Uint8Array(tensorHeaderEnd(prefix, file.sizeBytes));
    await readExactly(file, handle, header, 0);
    return decodeTensorHeader(header, file.sizeBytes);
  } catch (error) {
    if (error instanceof TensorFileError) throw inFile(file.name, error);
    throw error;
  } finally {
    await handle.close();
  }
}

function inFile(file: string, error: TensorFileError): CheckpointError {
  const place = { file, ...(error.tensor === null ? {} : { tensor: error.tensor }) };
  const message = `${file}: ${error.message}`;
  switch (error.reason) {
    case 'truncated':
      return new CheckpointError('truncated-file', place, message);
    case 'hostile-header-length':
    case 'unknown-dtype':
      return new CheckpointError(error.reason, place, message);
    default:
      return new CheckpointError('malformed-weights', place, message);
  }
}
