import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnswerChecks, type AnswerCount } from '#libs/store/answers/answer-checks';
import { createDataSource, migrate } from '#libs/store/data-source';
import { Releases } from '#libs/store/releases/releases';
import { AnswerCheckDesk } from '../../apps/control/answers/answer-check-desk.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { importTinyRelease, type TinyRelease } from '../fixtures/tiny-release.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 5, 1, 12, 30);
const hour = (at: number) => Math.floor(NOW_MS / HOUR_MS) * HOUR_MS - at * HOUR_MS;
const SCHEMA = 'ab'.repeat(32);

let postgres: TestPostgres;
let dataSource: DataSource;
let release: TinyRelease;
let checks: AnswerChecks;

beforeAll(async () => {
  postgres = await startPostgres();
  dataSource = await createDataSource({ url: await postgres.createDatabase() }).initialize();
  await migrate(dataSource);
  release = await importTinyRelease();
  const { manifest, releaseId } = release;
  const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 1]));
  const audit = { atMs: NOW_MS, actor: 'test', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
  await new Releases(dataSource).save({ releaseId, model: manifest.model, manifest, importedFrom: 'test', createdAtMs: NOW_MS, sizesBytes }, audit);
  checks = new AnswerChecks(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await postgres.stop();
});

function counted(change: Partial<AnswerCount>): AnswerCount {
  return { bucketMs: hour(0), releaseId: release.releaseId, route: 'chat', schema: SCHEMA, tenant: 'acme', task: '', language: '', requests: 10, valid: 9, invalid: 0, incomplete: 1, ...change };
}

describe('counts of checked answers', () => {
  it('add up over processes, count a repeated flush once, and are withheld below the limit', async () => {
    const flushId = randomUUID();
    const counts = [counted({}), counted({ bucketMs: hour(2), requests: 3, valid: 3, incomplete: 0 }), counted({ tenant: 'other', schema: '', requests: 2, valid: 0, invalid: 2, incomplete: 0 })];
    await checks.write({ flushId, counts });
    await checks.write({ flushId, counts });
    await checks.write({ flushId: randomUUID(), counts: [counted({ route: 'completion', requests: 1, valid: 1, incomplete: 0 })] });
    await checks.write({ flushId: randomUUID(), counts: [counted({ releaseId: 'cd'.repeat(32) })] });

    const outline = { releaseId: release.releaseId, model: 'tiny-mixtral', layers: 4, experts: 8, topK: 2 };
    const catalog = { find: async () => outline, models: async () => ['tiny-mixtral'], ofModel: async () => [outline] };
    const settings = { minRequests: 5, now: () => NOW_MS } as unknown as ConstructorParameters<typeof AnswerCheckDesk>[2];
    const desk = new AnswerCheckDesk(checks, catalog as never, settings);
    const { releases, window } = await desk.read({ step: 'hour' });
    expect(window).toEqual({ from: '2026-05-31T12:00:00.000Z', to: '2026-06-01T13:00:00.000Z' });
    expect(releases).toEqual([
      {
        release: release.releaseId,
        total: { requests: 16, valid: 13, invalid: 2, incomplete: 1, validShare: 13 / 16 },
        buckets: [
          { at: '2026-06-01T10:00:00.000Z', withheld: { reason: 'fewer_than_min_requests', minRequests: 5 } },
          { at: '2026-06-01T12:00:00.000Z', requests: 13, valid: 10, invalid: 2, incomplete: 1, validShare: 10 / 13 },
        ],
      },
    ]);
    const own = await desk.read({ step: 'day', tenant: 'other' });
    expect(own.releases[0]?.total).toEqual({ withheld: { reason: 'fewer_than_min_requests', minRequests: 5 } });
    const ofSchema = await checks.read({ releaseIds: [release.releaseId], fromMs: hour(24), toMs: hour(-1), tenant: null, schema: SCHEMA, stepMs: HOUR_MS });
    expect(ofSchema[0]).toMatchObject({ atMs: null, requests: 14, valid: 13, invalid: 0, incomplete: 1 });
  });
});
