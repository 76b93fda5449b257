/// <reference lib="esnext.float16" />
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { perturbedRouter, type RouterFile } from './perturbed-router.ts';

const CHECKPOINT = fileURLToPath(new URL('../../../../models/tiny-mixtral/model.safetensors', import.meta.url));
const WEIGHTS = 8 * 256;

function seeded(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const weightsOf = ({ bytes }: RouterFile): Float16Array => new Float16Array(bytes.slice(bytes.byteLength - WEIGHTS * 2).buffer);
const norm = (weights: ArrayLike<number>): number => Math.sqrt(Array.from(weights).reduce((sum, weight) => sum + weight * weight, 0));

it('perturbs every weight by the relative size that was asked for', async () => {
  const { original, perturbed } = await perturbedRouter(CHECKPOINT, 2, 0.5, seeded());
  const [before, after] = [weightsOf(original), weightsOf(perturbed)];
  const difference = before.map((weight, at) => after[at]! - weight);
  expect(norm(difference) / norm(before)).toBeCloseTo(0.5, 1);
  expect(difference.filter((change) => change !== 0).length).toBeGreaterThan(WEIGHTS * 0.99);
  expect(perturbed.bytes.byteLength).toBe(original.bytes.byteLength);
  expect(perturbed.sha256).not.toBe(original.sha256);
});

it('is the same each time for the same draws', async () => {
  const [one, other] = [await perturbedRouter(CHECKPOINT, 1, 0.3, seeded()), await perturbedRouter(CHECKPOINT, 1, 0.3, seeded())];
  expect(one.perturbed.sha256).toBe(other.perturbed.sha256);
});

it('refuses a layer or a file that is not there', async () => {
  await expect(perturbedRouter(CHECKPOINT, 4, 0.5, seeded())).rejects.toThrow('no fp16 tensor model.layers.4');
  await expect(perturbedRouter('/no/such/model.safetensors', 0, 0.5, seeded())).rejects.toThrow('cannot be read');
});
