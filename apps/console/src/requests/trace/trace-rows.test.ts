import { expect, it } from 'vitest';
import { partsOf, type Token, traceCsv } from './trace-rows.ts';

const token = (row: number, choice: number | null): Token => ({ row, choice, tokenId: 7, text: '=x', experts: [[1, 2], [3, 0]], gates: [[0.75, 0.25], [0.5, 0.5]], flags: [{ layer: 1, flags: ['dropped'] }] });

it('writes a row for each token, layer and expert', () => {
  expect(traceCsv([token(4, null)])).toEqual([
    [4, 'prompt', null, 7, '=x', 0, 0, 1, 0.75, ''],
    [4, 'prompt', null, 7, '=x', 0, 1, 2, 0.25, ''],
    [4, 'prompt', null, 7, '=x', 1, 0, 3, 0.5, 'dropped'],
    [4, 'prompt', null, 7, '=x', 1, 1, 0, 0.5, 'dropped'],
  ]);
});

it('parts the prompt from each choice', () => {
  expect(partsOf([token(0, null), token(1, 0), token(2, 1), token(3, 1)]).map(({ name, tokens }) => [name, tokens.length])).toEqual([['Prompt', 1], ['Completion', 1], ['Completion 2', 2]]);
});
