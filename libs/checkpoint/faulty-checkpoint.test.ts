import { chmodSync } from 'node:fs';
import { appendFile, mkdir, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkshop } from '../../test/fixtures/import-workshop.ts';
import { SMALL_CONFIG, smallTensors, writeCheckpoint, type CheckpointTensors, type SmallCheckpoint } from '../../test/fixtures/small-checkpoint.ts';
import { CheckpointError, type CheckpointReason } from './checkpoint-error.ts';

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const FIRST_SHARD = 'model-00001-of-00002.safetensors';
const LAST_EXPERT = 'model.layers.1.block_sparse_moe.experts.2.w3.weight';

function config(change: Record<string, unknown>): SmallCheckpoint {
  return { config: { ...SMALL_CONFIG, ...change } };
}

function tensors(change: (all: CheckpointTensors) => void): SmallCheckpoint {
  const all = smallTensors();
  change(all);
  return { tensors: all };
}

/** The last expert with one 32-bit pattern at an element, so that all else was written before it is met. */
function withBits(element: number, bits: number): SmallCheckpoint {
  return tensors((all) => {
    const tensor = all.get(LAST_EXPERT)!;
    const bytes = tensor.bytes!.slice();
    new DataView(bytes.buffer).setUint32(element * 4, bits, true);
    all.set(LAST_EXPERT, { ...tensor, bytes });
  });
}

async function editIndex(folder: string, edit: (map: Record<string, unknown>) => void): Promise<void> {
  const index = JSON.parse(await readFile(join(folder, INDEX), 'utf8')) as { weight_map: Record<string, unknown> };
  edit(index.weight_map);
  await writeFile(join(folder, INDEX), JSON.stringify(index));
}

async function writeHeaderLength(folder: string, length: bigint): Promise<void> {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(length);
  const file = await open(join(folder, WEIGHTS), 'r+');
  await file.write(bytes, 0, 8, 0);
  await file.close();
}

interface Fault {
  readonly what: string;
  readonly reason: CheckpointReason;
  readonly at?: { readonly file?: string; readonly tensor?: string; readonly field?: string };
  readonly checkpoint?: SmallCheckpoint;
  readonly damage?: (folder: string) => Promise<unknown>;
}

const FAULTS: readonly Fault[] = [
  { what: 'a folder that is not there', reason: 'not-a-directory', damage: (folder) => rm(folder, { recursive: true }) },
  {
    what: 'a file in place of the folder',
    reason: 'not-a-directory',
    damage: async (folder) => {
      await rm(folder, { recursive: true });
      await writeFile(folder, 'GGUF');
    },
  },
  { what: 'no config.json', reason: 'missing-config', at: { file: 'config.json' }, damage: (folder) => rm(join(folder, 'config.json')) },
  { what: 'no tokenizer.json', reason: 'missing-tokenizer', at: { file: 'tokenizer.json' }, damage: (folder) => rm(join(folder, 'tokenizer.json')) },
  { what: 'no weights', reason: 'missing-weights', damage: (folder) => rm(join(folder, WEIGHTS)) },
  { what: 'a config.json that is no JSON', reason: 'malformed-json', at: { file: 'config.json' }, damage: (folder) => writeFile(join(folder, 'config.json'), '{') },
  { what: 'a config.json that is no text', reason: 'malformed-json', at: { file: 'config.json' }, damage: (folder) => writeFile(join(folder, 'config.json'), Buffer.from([0xff, 0xfe, 0])) },
  { what: 'a config.json that is a list', reason: 'malformed-config', checkpoint: { config: [] } },
  { what: 'an enormous config.json', reason: 'file-too-large', at: { file: 'config.json' }, damage: (folder) => truncate(join(folder, 'config.json'), 2 ** 40) },
  { what: 'a folder named config.json', reason: 'unreadable-file', at: { file: 'config.json' }, damage: async (folder) => {
      await rm(join(folder, 'config.json'));
      await mkdir(join(folder, 'config.json'));
    } },
  { what: 'a pipe named model.safetensors', reason: 'unreadable-file', at: { file: WEIGHTS }, damage: async (folder) => {
      await rm(join(folder, WEIGHTS));
      execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, WEIGHTS)]);
    } },
  { what: 'a missing field', reason: 'malformed-config', at: { field: 'hidden_size' }, checkpoint: config({ hidden_size: undefined }) },
  { what: 'a field of the wrong type', reason: 'malformed-config', at: { field: 'num_local_experts' }, checkpoint: config({ num_local_experts: '3' }) },
  { what: 'an absurd number of layers', reason: 'malformed-config', at: { field: 'num_hidden_layers' }, checkpoint: config({ num_hidden_layers: 1e9 }) },
  { what: 'more selected experts than there are', reason: 'malformed-config', at: { field: 'num_experts_per_tok' }, checkpoint: config({ num_experts_per_tok: 4 }) },
  { what: 'no rope_theta', reason: 'malformed-config', at: { field: 'rope_theta' }, checkpoint: config({ rope_theta: undefined }) },
  { what: 'an end token outside the vocabulary', reason: 'malformed-config', at: { field: 'eos_token_id' }, checkpoint: config({ eos_token_id: [1, 24] }) },
  { what: 'an unknown architecture', reason: 'unknown-architecture', at: { field: 'architectures' }, checkpoint: config({ architectures: ['LlamaForCausalLM'] }) },
  { what: 'an unknown model type', reason: 'unknown-architecture', at: { field: 'model_type' }, checkpoint: config({ architectures: undefined, model_type: 'llama' }) },
  { what: 'rope scaling', reason: 'unsupported-setting', at: { field: 'rope_scaling.rope_type' }, checkpoint: config({ rope_scaling: { type: 'yarn', factor: 4 } }) },
  { what: 'rope scaling, as transformers 5 writes it', reason: 'unsupported-setting', at: { field: 'rope_parameters.rope_type' }, checkpoint: config({ rope_parameters: { rope_type: 'linear', rope_theta: 1e6, factor: 2 } }) },
  { what: 'another activation', reason: 'unsupported-setting', at: { field: 'hidden_act' }, checkpoint: config({ hidden_act: 'gelu' }) },
  { what: 'attention biases', reason: 'unsupported-setting', at: { field: 'attention_bias' }, checkpoint: config({ attention_bias: true }) },
  { what: 'quantised weights', reason: 'unsupported-setting', at: { field: 'quantization_config' }, checkpoint: config({ quantization_config: { bits: 4 } }) },
  { what: 'a tokenizer of another model', reason: 'malformed-tokenizer', at: { field: 'model.vocab' }, damage: (folder) =>
      writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: { vocab: { a: 24 } } })) },
  { what: 'a tokenizer without a vocabulary', reason: 'malformed-tokenizer', at: { field: 'model' }, damage: (folder) => writeFile(join(folder, 'tokenizer.json'), '{}') },
  { what: 'a broken chat configuration', reason: 'malformed-json', at: { file: 'tokenizer_config.json' }, damage: (folder) => writeFile(join(folder, 'tokenizer_config.json'), '{"a":') },
  { what: 'weights cut short', reason: 'truncated-file', at: { file: WEIGHTS }, damage: (folder) => truncate(join(folder, WEIGHTS), 9000) },
  { what: 'weights cut inside the header', reason: 'truncated-file', at: { file: WEIGHTS }, damage: (folder) => truncate(join(folder, WEIGHTS), 100) },
  { what: 'empty weights', reason: 'truncated-file', at: { file: WEIGHTS }, damage: (folder) => truncate(join(folder, WEIGHTS), 0) },
  { what: 'bytes after the weights', reason: 'malformed-weights', at: { file: WEIGHTS }, damage: (folder) => appendFile(join(folder, WEIGHTS), 'more') },
  { what: 'a hostile header length', reason: 'hostile-header-length', at: { file: WEIGHTS }, damage: (folder) => writeHeaderLength(folder, 2n ** 63n) },
  { what: 'a header length past the end', reason: 'truncated-file', at: { file: WEIGHTS }, damage: (folder) => writeHeaderLength(folder, 1_000_000n) },
  { what: 'a header length that cuts the header', reason: 'malformed-weights', at: { file: WEIGHTS }, damage: (folder) => writeHeaderLength(folder, 64n) },
  { what: 'a missing tensor', reason: 'missing-tensor', at: { tensor: LAST_EXPERT }, checkpoint: tensors((all) => all.delete(LAST_EXPERT)) },
  { what: 'a misshapen tensor', reason: 'misshapen-tensor', at: { file: WEIGHTS, tensor: LAST_EXPERT }, checkpoint: tensors((all) => all.set(LAST_EXPERT, { ...all.get(LAST_EXPERT)!, shape: [8, 12] })) },
  { what: 'a config.json of a wider model', reason: 'misshapen-tensor', checkpoint: config({ intermediate_size: 16 }) },
  { what: 'integer weights', reason: 'unknown-dtype', at: { file: WEIGHTS, tensor: LAST_EXPERT }, checkpoint: tensors((all) => all.set(LAST_EXPERT, { ...all.get(LAST_EXPERT)!, dtype: 'I32' })) },
  { what: 'NaN in the last expert', reason: 'not-finite', at: { file: WEIGHTS, tensor: LAST_EXPERT }, checkpoint: withBits(17, 0x7fc00001) },
  { what: 'an infinity in the last element', reason: 'not-finite', at: { file: WEIGHTS, tensor: LAST_EXPERT }, checkpoint: withBits(95, 0xff800000) },
  { what: 'a shard that is not there', reason: 'missing-shard', at: { file: FIRST_SHARD }, checkpoint: { shards: 2 }, damage: (folder) => rm(join(folder, FIRST_SHARD)) },
  { what: 'a shard without the tensor it should hold', reason: 'missing-tensor', at: { file: FIRST_SHARD, tensor: 'lm_head.bias' }, checkpoint: { shards: 2 }, damage: (folder) =>
      editIndex(folder, (map) => (map['lm_head.bias'] = FIRST_SHARD)) },
  { what: 'a truncated shard', reason: 'truncated-file', at: { file: FIRST_SHARD }, checkpoint: { shards: 2 }, damage: (folder) => truncate(join(folder, FIRST_SHARD), 4000) },
  { what: 'an index without a map', reason: 'malformed-index', at: { field: 'weight_map' }, checkpoint: { shards: 2 }, damage: (folder) => writeFile(join(folder, INDEX), '{}') },
  { what: 'an index that maps to a number', reason: 'malformed-index', at: { field: 'weight_map.a' }, checkpoint: { shards: 2 }, damage: (folder) => editIndex(folder, (map) => (map['a'] = 1)) },
  ...['/etc/passwd', '../outside.safetensors', 'a/../../outside.safetensors', 'C:\\outside.safetensors', 'a\0b'].map(
    (name): Fault => ({ what: `the shard name ${JSON.stringify(name)}`, reason: 'outside-folder', at: { file: name }, checkpoint: { shards: 2 }, damage: (folder) =>
        editIndex(folder, (map) => (map['lm_head.weight'] = name)) }),
  ),
  { what: 'a link that leads out of the folder', reason: 'outside-folder', at: { file: FIRST_SHARD }, checkpoint: { shards: 2 }, damage: async (folder) => {
      await rename(join(folder, FIRST_SHARD), join(folder, '..', 'outside.safetensors'));
      await symlink('../outside.safetensors', join(folder, FIRST_SHARD));
    } },
  { what: 'a shard that is the folder itself', reason: 'outside-folder', at: { file: '.' }, checkpoint: { shards: 2 }, damage: (folder) => editIndex(folder, (map) => (map['lm_head.weight'] = '.')) },
];

describe('a faulty checkpoint', () => {
  it.each(FAULTS)('is refused: $what -> $reason', async ({ reason, at = {}, checkpoint = {}, damage }) => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint, checkpoint);
    await damage?.(workshop.checkpoint);
    const error: unknown = await workshop.import().then(
      () => null,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ reason, ...at });
    expect(await workshop.leftovers()).toEqual([]);
  });

  it('says where the first NaN is, by element of the tensor', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint, withBits(17, 0x7fc00000));
    await expect(workshop.import()).rejects.toThrow(`${LAST_EXPERT} holds NaN or infinity at element 17`);
  });

  it('lists the architectures that are known', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint, config({ architectures: ['LlamaForCausalLM'] }));
    await expect(workshop.import()).rejects.toThrow(/LlamaForCausalLM.*MixtralForCausalLM/);
  });

  it('is refused when it changes while it is read', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    const path = join(workshop.checkpoint, WEIGHTS);
    const onProgress = ({ component }: { readonly component: string | null }): void => {
      if (component === 'expert/0/1') chmodSync(path, 0o600);
    };
    await expect(workshop.import({ onProgress })).rejects.toMatchObject({ reason: 'changed-during-import', file: WEIGHTS });
    expect(await workshop.leftovers()).toEqual([]);
  });

  it('leaves alone what earlier imports stored', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    await workshop.import();
    const before = await workshop.stored();
    await writeCheckpoint(workshop.checkpoint, withBits(17, 0x7fc00000));
    await expect(workshop.import()).rejects.toMatchObject({ reason: 'not-finite' });
    expect(await workshop.stored()).toEqual(before);
  });

  it('is refused under a name that cannot be served', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    await expect(workshop.import({ model: '../small' })).rejects.toMatchObject({ reason: 'malformed-model-name', field: 'model' });
  });
});
