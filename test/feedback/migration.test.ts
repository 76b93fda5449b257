import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDataSource, migrate, revert } from '#libs/store/data-source';
import { FeedbackStore } from '#libs/store/feedback/feedback';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

/** As the version before these columns wrote it. */
const OLD_INSERT = `INSERT INTO signalbox.feedback (id, request_id, tenant, score, label, comment, given_by, at) VALUES ($1, $2, '', $3, NULL, NULL, $4, now())
  ON CONFLICT (request_id, given_by) DO NOTHING RETURNING id`;

it('keeps the feedback of the version before, lets that version go on, and goes back with what it can hold', async () => {
  const store = await createDataSource({ url: await server.createDatabase() }).initialize();
  try {
    await migrate(store);
    const later = store.migrations.filter(({ name }) => Number(/\d{13}$/.exec(name ?? '')?.[0]) >= 1_795_219_200_019);
    await revert(store, later.length);
    const requestId = randomUUID();
    await store.query(OLD_INSERT, [randomUUID(), requestId, 0.25, 'user:old']);
    await migrate(store);

    const feedback = new FeedbackStore(store);
    expect(await feedback.list(10, {}, null)).toMatchObject([{ requestId, score: 0.25, kind: 'user', source: '', givenBy: 'user:old' }]);
    expect(await store.query(OLD_INSERT, [randomUUID(), requestId, 0.5, 'user:also-old'])).toHaveLength(1);
    const one = { id: randomUUID(), requestId, tenant: '', score: null, label: 'helpful', comment: null, kind: 'program' as const, source: 'judge', givenBy: 'user:old', atMs: Date.now() };
    await store.transaction(async (manager) => {
      expect(await feedback.insert(manager, one)).toBe(true);
      expect(await feedback.insert(manager, { ...one, id: randomUUID(), source: '' })).toBe(false);
    });
    await expect(store.query(`UPDATE signalbox.feedback SET label = NULL, score = NULL`)).rejects.toThrow('feedback_says_something');

    await revert(store, later.length);
    const rows: { given_by: string; score: number }[] = await store.query('SELECT given_by, score FROM signalbox.feedback ORDER BY score');
    expect(rows).toEqual([{ given_by: 'user:old', score: 0.25 }, { given_by: 'user:also-old', score: 0.5 }]);
  } finally {
    await store.destroy();
  }
});
