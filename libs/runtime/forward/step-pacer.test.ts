import { expect, it } from 'vitest';
import { StepPacer } from './step-pacer.ts';

const turn = () => new Promise(setImmediate);

/** A step that runs until it is told to end. */
function openStep(pacer: StepPacer): () => Promise<void> {
  let end: () => void = () => undefined;
  const running = pacer.step(() => new Promise<void>((resolve) => (end = resolve)));
  return async () => {
    end();
    await running;
    await turn();
  };
}

it('does one piece of loading in each gap between steps of any release, and the rest once none runs', async () => {
  const pacer = new StepPacer();
  const done: string[] = [];
  const endFirst = openStep(pacer);
  const endSecond = openStep(pacer);
  const work = ['a', 'b', 'c', 'd'].map((name) => pacer.between(async () => void done.push(name)));
  await turn();
  expect(done).toEqual([]);
  await endFirst();
  expect(done).toEqual(['a']);
  const endThird = openStep(pacer);
  await endSecond();
  expect(done).toEqual(['a', 'b']);
  await endThird();
  await Promise.all(work);
  expect(done).toEqual(['a', 'b', 'c', 'd']);
});

it('goes on after a piece of work or a step that failed', async () => {
  const pacer = new StepPacer();
  await expect(pacer.between(() => Promise.reject(new Error('work')))).rejects.toThrow('work');
  await expect(pacer.step(() => Promise.reject(new Error('step')))).rejects.toThrow('step');
  expect(await pacer.between(async () => 1)).toBe(1);
});
