import { expect, it } from 'vitest';
import { type OwedReview } from '#libs/detection/reviews/owed-review';
import { type Reading } from '#libs/detection/reading/reading';
import { labelsKey } from '#libs/store/detection/readings';
import { type RemindPorts, remindRound } from './remind-round.ts';

const NOW = 1_795_219_200_000;
const review = (id: string, dueMs: number): OwedReview => ({ kind: 'override', id, model: 'toy', what: 'It was done', reason: 'why', byName: 'ada', handNames: ['ada'], atMs: NOW - 1e8, dueMs });

/** Readings in memory, as the table keeps them: one of a label set. */
function house(reviews: readonly OwedReview[]) {
  const kept = new Map<string, Reading>();
  const ports = {
    owed: { list: (limit: number) => Promise.resolve(reviews.slice(0, limit)) },
    readings: {
      current: () => Promise.resolve([...kept.values()]),
      save: (_: unknown, readings: readonly Reading[]) => Promise.resolve(readings.forEach((one) => kept.set(labelsKey(one.labels), one))),
      remove: (_: unknown, _signal: string, labels: Reading['labels']) => Promise.resolve(void kept.delete(labelsKey(labels))),
    },
    dataSource: { transaction: <T>(work: (manager: unknown) => Promise<T>) => work(null) },
  } as unknown as RemindPorts;
  return { ports, kept };
}

it('keeps one reading of each review that is owed, and takes back that of one that was given', async () => {
  const { ports, kept } = house([review('a', NOW - 3_600_000), review('b', NOW + 3_600_000)]);
  for (let round = 0; round < 2; round += 1) expect(await remindRound(ports, { nowMs: NOW, publicUrl: null })).toEqual({ change: { owed: 0, overdue: 0 }, limit: { owed: 0, overdue: 0 }, override: { owed: 2, overdue: 1 } });
  expect([...kept.values()].map(({ labels, value }) => [labels['subject'], value])).toEqual([['protection-override/a', 1], ['protection-override/b', -1]]);
  const later = house([review('b', NOW + 3_600_000)]);
  for (const [key, reading] of kept) later.kept.set(key, reading);
  expect((await remindRound(later.ports, { nowMs: NOW, publicUrl: null })).override).toEqual({ owed: 1, overdue: 0 });
  expect([...later.kept.values()].map(({ labels }) => labels['subject'])).toEqual(['protection-override/b']);
});
