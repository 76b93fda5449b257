import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DataSource } from 'typeorm';
import { type AlertRule, type Severity } from '#libs/alerting/rule/rule';
import { SIGNALS } from '#libs/detection/reading/reading';
import { readRules } from '#libs/store/alerts/alert-rules';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore } from '../store/store.fixture.ts';

let postgres: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  store = await openStore(await postgres.createDatabase());
});
afterAll(async () => {
  await store?.destroy();
  await postgres?.stop();
});

/** A rule as its row of the page has it, without the words on its value. */
function rowOf({ id, limits, timing }: AlertRule): string {
  const cell = (severity: Severity): string => limits.filter((one) => one.severity === severity).map(({ is, limit }) => `${is} ${limit}`).join(', ');
  const time = (ms: number): string => (ms === 0 ? 'at once' : `${ms / 60_000} min`);
  return [id, cell('info'), cell('warning'), cell('critical'), [...new Set(limits.map(({ by }) => by))].join(', '), time(timing.forMs), time(timing.keepFiringForMs)].join(' | ');
}

it('docs/alerts.md lists exactly the rules that ship, with their limits and times, and there is one for each signal', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'alerts.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `') && line.split('|').length === 10).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  const documented = rows.map(([id = '', , ...rest]) => [id.replaceAll('`', ''), ...rest].join(' | '));
  const shipped = await readRules(store.manager);
  expect(documented.toSorted()).toEqual(shipped.map(rowOf).toSorted());
  expect(shipped.map(({ signal }) => signal).toSorted()).toEqual([...SIGNALS].toSorted());
});
