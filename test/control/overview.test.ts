import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessHouse } from '../access/access-house.ts';
import { OTHER_RELEASE, RELEASE, saveRelease } from '../store/store.fixture.ts';

const house = new AccessHouse();
const CHANGE = randomUUID();
const BASELINE = randomUUID();
const ROLLOUT = randomUUID();
const SERIES = '9'.repeat(64);
const STATE = { model: 'toy', stable: RELEASE, previous: null, canary: null, shadow: null, generation: 1 };
const CANARY = { releaseId: OTHER_RELEASE, share: 0.05, stickyBy: 'key', scope: { segment: null, routeSlice: null }, salt: 's' };

beforeAll(async () => {
  await house.start();
  await saveRelease(house.dataSource, OTHER_RELEASE, Date.now());
  const { id } = await house.account(['operator']);
  const run = (sql: string, values: unknown[] = []): Promise<unknown> => house.dataSource.query(sql, values);
  const event = (generation: number, minutesAgo: number, command: string, before: object | null, after: object | null): Promise<unknown> =>
    run(`INSERT INTO signalbox.activation_event (model, generation, at, command, actor, actor_name, cause, before, after) VALUES ('toy', $1, now() - $2 * interval '1 minute', $3, 'user:1', 'Ada', 'direct', $4, $5)`, [generation, minutesAgo, command, before && JSON.stringify(before), after && JSON.stringify(after)]);
  await event(50, 50, 'start-canary', STATE, { ...STATE, canary: CANARY });
  await event(51, 40, 'rollback', { ...STATE, stable: OTHER_RELEASE }, STATE);
  await run(`INSERT INTO signalbox.data_rule_set (model, generation, digest, rules, written_at, written_by) VALUES ('toy', 1, $1, '[{"id":"one"}]', now() - interval '35 minutes', $2)`, ['d'.repeat(64), id]);
  await run(
    `INSERT INTO signalbox.rollout (id, model, candidate, stable, plan, cause, started_by, state, reason, step, step_started_at, changed_experts, evidence, activation_generation, created_at, updated_at, ended_at)
     VALUES ($1, 'toy', $2, $3, '{}', 'direct', '{"accountId":"user:1","name":"Ada"}', 'failed', 'guard-failed', 0, now(), '[]', '{}', 1, now() - interval '30 minutes', now(), now() - interval '25 minutes')`,
    [ROLLOUT, OTHER_RELEASE, RELEASE],
  );
  await run(`INSERT INTO signalbox.rollout_verdict (rollout_id, step, at, verdict, reason, guard, figures) VALUES ($1, 0, now() - interval '29 minutes', 'wait', 'too-early', NULL, '{}'), ($1, 0, now() - interval '25 minutes', 'fail', 'guard-failed', 'error-rate', '{}')`, [ROLLOUT]);
  await run(
    `INSERT INTO signalbox.change_request (id, model, type, class, state, revision, title, reason, payload, base, effect, digest, author, author_name, involved, issuers, created_at, updated_at, expires_at)
     VALUES ($1, NULL, 'policy', 'normal', 'applied', 2, 'Two approvals', 'r', '{}', '{}', '{}', $2, $3, 'x', '{}', '{}', now(), now(), now())`,
    [CHANGE, 'e'.repeat(64), id],
  );
  await run(`INSERT INTO signalbox.change_event (change_id, at, actor, event, from_state, to_state, detail) VALUES ($1, now() - interval '21 minutes', $2, 'submitted', 'draft', 'open', '{}'), ($1, now() - interval '20 minutes', $2, 'applied', 'approved', 'applied', '{}')`, [CHANGE, id]);
  const episode = (fingerprint: string, signal: string, model: string): Promise<unknown> =>
    run(
      `INSERT INTO signalbox.alert_episode (fingerprint, series, episode, rule_id, rule_name, signal, model, labels, annotations, began_as, severity, started_at, ended_at) VALUES ($1, $2, $3, $4, 'Router changed', $4, $5, '{"layer":"2","tenant":"acme"}', '{}', 'alerting', 'critical', now() - interval '15 minutes', now() - interval '10 minutes')`,
      [fingerprint, SERIES, signal === 'watchdog' ? 2 : 1, signal, model],
    );
  await episode('1'.repeat(64), 'router-shift', 'toy');
  await episode('2'.repeat(64), 'watchdog', 'toy');
  await run(
    `INSERT INTO signalbox.baseline (id, model, release, layers, experts, state, from_at, to_at, options, requests, threshold, created_by, created_at, adopted_at, adopted_by) VALUES ($1, 'toy', $2, 3, 8, 'ready', now() - interval '2 hours', now() + interval '1 minute', '{}', 5000, 100, 'x', now(), now() - interval '5 minutes', $3)`,
    [BASELINE, RELEASE, id],
  );
});
afterAll(() => house.stop());

const get = async (path: string, key = house.admin): Promise<{ status: number; body: any }> => house.call(`/api/v1${path}`, { key }); // oxlint-disable-line typescript/no-explicit-any -- each test looks at its own fields

describe('what changed', () => {
  it('is one time line of what concerns a model, in words, newest first', async () => {
    const { body } = await get('/annotations?model=toy');
    const told = body.items.filter(({ id }: { id: string }) => id !== 'activation/toy/1').map(({ kind, event, title, by, subject }: Record<string, unknown>) => ({ kind, event, title, by, subject }));
    const name = expect.stringMatching(/^operator /) as string;
    expect(told).toEqual([
      { kind: 'baseline', event: 'adopted', title: 'Baseline of 5000 requests adopted', by: name, subject: { type: 'baseline', id: BASELINE } },
      { kind: 'alert', event: 'resolved', title: 'Router changed (layer 2, tenant acme) resolved', by: null, subject: { type: 'alert', id: SERIES } },
      { kind: 'alert', event: 'fired', title: 'Router changed (layer 2, tenant acme) fires', by: null, subject: { type: 'alert', id: SERIES } },
      { kind: 'change', event: 'applied', title: 'Change 1 applied: Two approvals', by: name, subject: { type: 'change', id: CHANGE } },
      { kind: 'rollout', event: 'fail', title: 'Rollout of bbbbbbbbbb failed: guard failed (error-rate)', by: null, subject: { type: 'rollout', id: ROLLOUT } },
      { kind: 'rollout', event: 'start', title: 'Rollout of bbbbbbbbbb started', by: 'Ada', subject: { type: 'rollout', id: ROLLOUT } },
      { kind: 'data-rules', event: 'set', title: 'Data rules: generation 1, 1 rule', by: name, subject: { type: 'data-rules', id: 'toy' } },
      { kind: 'activation', event: 'rollback', title: 'Rolled back to aaaaaaaaaa', by: 'Ada', subject: { type: 'release', id: RELEASE } },
      { kind: 'activation', event: 'start-canary', title: 'Canary bbbbbbbbbb started at 5 %', by: 'Ada', subject: { type: 'release', id: OTHER_RELEASE } },
    ]);
  });

  it('pages without losing or repeating any, and leaves other models out', async () => {
    const all = (await get('/annotations')).body.items.map(({ id }: { id: string }) => id);
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: { body: { items: { id: string }[]; nextCursor: string | null } } = await get(`/annotations?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      paged.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    expect(paged).toEqual(all);
    expect((await get('/annotations?model=other')).body.items.map(({ kind }: { kind: string }) => kind)).toEqual(['change']);
    expect((await get('/annotations?cursor=abc')).body).toMatchObject({ status: 400, field: 'cursor' });
  });
});

describe('figures of requests', () => {
  it('add up over the buckets, and their quantiles are those of the requests', async () => {
    const { body } = await get('/request-figures?model=toy&step=minute');
    const sum = (name: string): number => body.buckets.reduce((all: number, bucket: Record<string, number>) => all + bucket[name]!, 0);
    for (const name of ['requests', 'answered', 'cancelled', 'failed', 'promptTokens', 'completionTokens']) expect(sum(name), name).toBe(body.total[name]);
    expect(body.total.requests).toBe(house.requestIds.acme.length + house.requestIds.umbrella.length);
    expect(body.total.answered + body.total.cancelled + body.total.failed).toBe(body.total.requests);
    const rows: { duration_ms: number }[] = await house.dataSource.query('SELECT duration_ms FROM signalbox.trace WHERE status = 0 ORDER BY 1');
    const durations = rows.map(({ duration_ms }) => duration_ms);
    const at = 0.95 * (durations.length - 1);
    const [low, high] = [durations[Math.floor(at)]!, durations[Math.ceil(at)]!];
    expect(body.total.durationMs.p95).toBeCloseTo(low + (high - low) * (at - Math.floor(at)), 6);
    expect(body.total.routing.decisions).toBeGreaterThan(0);
  });

  it('are of the release, tenant and time that were asked for', async () => {
    expect((await get('/request-figures?model=toy&tenant=acme')).body.total.requests).toBe(house.requestIds.acme.length);
    expect((await get(`/request-figures?release=${OTHER_RELEASE}`)).body).toMatchObject({ buckets: [], total: { withheld: { minRequests: 1 } } });
    const { key } = await house.account(['viewer'], { tenant: 'umbrella' });
    expect((await get('/request-figures?model=toy', key)).body.total.requests).toBe(house.requestIds.umbrella.length);
    expect((await get('/request-figures?model=none')).body).toMatchObject({ status: 404, field: 'model' });
    const long = new Date(Date.now() - 3 * 86_400_000).toISOString();
    expect((await get(`/request-figures?model=toy&step=minute&from=${long}`)).body).toMatchObject({ status: 400, field: 'from' });
  });
});

it('the balance of each layer is told over time, beside the baseline in force', async () => {
  const { body } = await get('/balance/history?model=toy&step=minute');
  const balance = (await get('/balance?model=toy')).body;
  expect(body.baseline).toMatchObject({ id: BASELINE, release: RELEASE });
  expect(body.layers).toHaveLength(3);
  for (const [index, layer] of body.layers.entries()) {
    expect(layer.now.entropyBits).toBeCloseTo(balance.layers[index].entropyBits, 9);
    expect(layer.entropyBits).toHaveLength(body.at.length);
    // The baseline is of the same traffic, so the two cannot be apart.
    expect(layer.baseline.entropyBits).toBeCloseTo(layer.now.entropyBits, 9);
    expect(layer.isOutside).toBe(false);
  }
});
