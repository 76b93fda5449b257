import { expect, it } from 'vitest';
import { UndoList } from './undo-list.ts';

it('puts back the last first, tells of what fails and goes on', async () => {
  const [done, notes]: string[][] = [[], []];
  const list = new UndoList();
  list.add('first', async () => done!.push('first'));
  list.add('second', () => Promise.reject(new Error('away')));
  const forget = list.add('third', async () => done!.push('third'));
  list.add('fourth', async () => done!.push('fourth'));
  forget();
  await list.run({ note: (text) => notes!.push(text) });
  await list.run({ note: (text) => notes!.push(text) });
  expect(done).toEqual(['fourth', 'first']);
  expect(notes).toEqual(['Not put back: second: away']);
});
