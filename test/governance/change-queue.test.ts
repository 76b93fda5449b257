import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { GovernedHouse, sha } from './governed-house.ts';

type Person = Awaited<ReturnType<GovernedHouse['person']>>;
const HOUR_MS = 3_600_000;

let postgres: TestPostgres;
let house: GovernedHouse;
let author: Person;
let approver: Person;
let operator: Person;
let admin: Person;
let next: string;

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  author = await house.person('author', ['releaser']);
  approver = await house.person('approver', ['approver']);
  operator = await house.person('operator', ['operator']);
  admin = await house.person('root', ['admin']);
  await house.release('toy');
  next = await house.release('toy', [sha('2'), sha('4'), sha('8')]);
});

afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
});

const waiting = async (who: Person, more = ''): Promise<[string, string][]> =>
  (await house.ok('listChangeQueue', who.key, 'GET', `/changes/queue?state=pending&waitingFor=me${more}`)).items.map((one: { change: { title: string }; waitsForYou: string }) => [one.change.title, one.waitsForYou]);
const change = () => ({ type: 'activate', model: 'toy', releaseId: next });
const allowed = async (who: Person, id: string): Promise<string[]> =>
  (await house.ok('getChangeStanding', who.key, 'GET', `/changes/${id}/standing`)).acts.filter((one: { allowed: boolean }) => one.allowed).map(({ act }: { act: string }) => act);

it('previews a change without storing it, and names the field that is wrong', async () => {
  const preview = await house.ok('previewChange', author.key, 'POST', '/changes/preview', { change: change() });
  expect(preview).toMatchObject({ class: 'normal', diff: { components: [{ name: 'expert/0/1', before: sha('3'), after: sha('4') }] } });
  expect(preview.requirements.map(({ reason, isMet }: { reason: string; isMet: boolean }) => [reason, isMet])).toEqual([['base-changed', true], ['evidence-missing', false], ['approvals-missing', false]]);
  expect((await house.ok('listChanges', author.key, 'GET', '/changes')).items).toEqual([]);
  expect(await house.call(author.key, 'POST', '/changes/preview', { change: { ...change(), releaseId: sha('0') } })).toMatchObject({ status: 409, body: { field: 'change.releaseId' } });
  expect(await house.call(operator.key, 'POST', '/changes/preview', { change: change() })).toMatchObject({ status: 403 });
});

describe('the queue', () => {
  it('hands a request from one to the next, and says why the others may not', async () => {
    const { id } = await house.ok('createChange', author.key, 'POST', '/changes', { title: 'First', reason: 'Better.', change: change() });
    expect([await waiting(author), await waiting(approver), await waiting(operator)]).toEqual([[['First', 'add-evidence']], [], []]);
    await house.ok('addEvidence', author.key, 'POST', `/changes/${id}/evidence`, { kind: 'evaluation', title: 'e', content: '{}' });
    expect(await waiting(author)).toEqual([['First', 'submit']]);
    const { digest } = await house.ok('submitChange', author.key, 'POST', `/changes/${id}/submit`, {});
    expect([await waiting(author), await waiting(approver), await waiting(operator)]).toEqual([[], [['First', 'approve']], []]);
    const standing = await house.ok('getChangeStanding', author.key, 'GET', `/changes/${id}/standing`);
    expect(standing.people).toEqual([{ account: author.id, name: 'author' }]);
    expect(standing.acts.find(({ act }: { act: string }) => act === 'approve').blockers[0].reason).toBe('not-permitted');

    await house.ok('approveChange', approver.key, 'POST', `/changes/${id}/approve`, { digest });
    expect(await waiting(operator)).toEqual([['First', 'apply']]);
    const schedule = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
    await house.ok('scheduleChange', operator.key, 'POST', `/changes/${id}/schedule`, { at: schedule(2), until: schedule(3) });
    expect(await allowed(operator, id)).toEqual(['schedule', 'unschedule', 'break-glass']);

    const freeze = { name: 'night', reason: 'dark', model: 'toy', from: schedule(1), to: schedule(2.5) };
    await house.ok('createFreeze', admin.key, 'POST', '/freeze-windows', freeze);
    await house.ok('createFreeze', admin.key, 'POST', '/freeze-windows', { ...freeze, name: 'elsewhere', model: 'other' });
    const calendar = async (from: number, to: number, more = '') => {
      const { freezes, scheduled, isComplete } = await house.ok('getChangeCalendar', approver.key, 'GET', `/change-calendar?from=${schedule(from)}&to=${schedule(to)}${more}`);
      return [freezes.map(({ name }: { name: string }) => name).toSorted(), scheduled.map(({ title }: { title: string }) => title), isComplete];
    };
    expect(await calendar(0, 4)).toEqual([['elsewhere', 'night'], ['First'], true]);
    expect(await calendar(0, 4, '&model=toy')).toEqual([['night'], ['First'], true]);
    expect(await calendar(2.6, 4)).toEqual([[], ['First'], true]);
    expect(await calendar(3.1, 4)).toEqual([[], [], true]);
    expect((await house.call(approver.key, 'GET', `/change-calendar?from=${schedule(0)}&to=${schedule(24 * 101)}`)).body).toMatchObject({ field: 'to' });
  });

  it('pages to its end, also where most of it waits for others', async () => {
    for (let count = 0; count < 7; count += 1) await house.ok('createChange', (count % 3 === 0 ? admin : author).key, 'POST', '/changes', { title: `No ${count}`, reason: 'Better.', change: change() });
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 20; pages += 1) {
      const { items, nextCursor } = await house.ok('listChangeQueue', admin.key, 'GET', `/changes/queue?state=pending&waitingFor=me&limit=2${cursor}`);
      seen.push(...items.map((one: { change: { title: string } }) => one.change.title));
      if (nextCursor === null) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(seen).toEqual(['No 6', 'No 3', 'No 0']);
    expect((await house.ok('listChangeQueue', admin.key, 'GET', '/changes/queue')).items).toHaveLength(8);
  });
});
