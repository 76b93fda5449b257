import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEMO_MODEL } from '../harness/signalbox.ts';
import { writeRandomCheckpoint } from './random-checkpoint.ts';

/** A model that is measured. All have the demo model's vocabulary of 4,096. */
export interface BenchModel {
  /** Name under which both sides serve it; the last part of the folder. */
  readonly name: string;
  readonly directory: string;
  /** Whether its answers mean anything: bits per byte are of trained weights only. */
  readonly trained: boolean;
}

const SEED = 20261122;
const SHARED = { num_experts_per_tok: 2 };
const SHAPES = {
  s: { ...SHARED, hidden_size: 256, intermediate_size: 512, num_hidden_layers: 4, num_local_experts: 8, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 32 },
  m: { ...SHARED, hidden_size: 1024, intermediate_size: 1024, num_hidden_layers: 8, num_local_experts: 16, num_attention_heads: 16, num_key_value_heads: 8, head_dim: 64 },
} as const;

/** The demo model, or one of the two shapes with random weights, written below `home`. */
export async function benchModel(choice: string, home: string): Promise<BenchModel> {
  if (choice === 'demo') return { name: 'tiny-mixtral', directory: DEMO_MODEL, trained: true };
  if (choice !== 's' && choice !== 'm') throw new Error(`--model is ${choice}; it is one of demo, s and m`);
  const name = `shape-${choice}`;
  const directory = join(home, name);
  await mkdir(directory, { recursive: true });
  await writeRandomCheckpoint(directory, DEMO_MODEL, SHAPES[choice], SEED);
  return { name, directory, trained: false };
}
