import { expect, it } from 'vitest';
import { RowBuffer } from './row-buffer.ts';

const WIDTH = 2;
const step = (rows: number, more: object = {}) => ({ expertIds: new Uint16Array(rows * WIDTH), gates: new Float32Array(rows * WIDTH), flags: null, ...more });

it('adds up what found its expert full, by layer, over all buffers of a request', () => {
  const [prompt, choice] = [new RowBuffer(WIDTH, 4), new RowBuffer(WIDTH, 4)];
  prompt.append(new Uint32Array(2), step(2, { overflow: Uint16Array.of(0, 1, 0, 2), lostMass: Float32Array.of(0, 0.25, 0, 0.5) }));
  prompt.append(new Uint32Array(1), step(1));
  choice.append(new Uint32Array(1), step(1, { overflow: Uint16Array.of(1, 0), lostMass: null }));
  expect(RowBuffer.join([prompt, choice], WIDTH).overflow).toEqual([
    { layer: 0, selections: 1, lostGateMass: 0 },
    { layer: 1, selections: 3, lostGateMass: 0.75 },
  ]);
});

it('says nothing where no expert was full', () => {
  const buffer = new RowBuffer(WIDTH, 1);
  buffer.append(new Uint32Array(1), step(1));
  expect(RowBuffer.join([buffer], WIDTH).overflow).toBeNull();
});
