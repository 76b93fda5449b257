import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SuiteResult } from '#libs/evaluation/run/result';
import { canonicalJson } from '#libs/release/manifest-digest';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { type Answer, GovernedHouse, sha } from '../governance/governed-house.ts';

/** The evaluation routes over PostgreSQL. What a process that measures would write, the tests write. */
let postgres: TestPostgres;
let house: GovernedHouse;
let rita: string;
let vera: string;
let olga: string;
let old: string;
let tuned: string;

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  [{ key: rita }, { key: vera }, { key: olga }] = await Promise.all([house.person('rita', ['releaser']), house.person('vera', ['viewer']), house.person('olga', ['approver'])]);
  old = await house.release('toy');
  tuned = await house.release('toy', [sha('2'), sha('3'), sha('9')]);
});
afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
});

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function send(text: string | Uint8Array<ArrayBuffer>, key = rita): Promise<Answer> {
  const answer = await fetch(`${house.url}/api/v1/datasets`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' }, body: text });
  return { status: answer.status, etag: null, body: await answer.json() };
}

const TEXTS = `${JSON.stringify({ text: 'Guten Tag', labels: { domain: 'german' } })}\n${JSON.stringify({ text: 'Good day', labels: { domain: 'english' } })}\n`;
const suiteOf = (dataset: string, name = 'held-out', over: object = {}): object => ({ format: 'signalbox.suite/1', name, tasks: [{ id: 'text', kind: 'likelihood', dataset, gates: [{ metric: 'bitsPerByte', versus: 'reference', atMost: 0.02 }], ...over }] });

async function keptSuite(name?: string): Promise<string> {
  const { body } = await send(TEXTS);
  return (await house.call(rita, 'POST', '/suites', suiteOf(body.sha256, name))).body.digest;
}

const start = (body: object, key = rita): Promise<Answer> => house.call(key, 'POST', '/evaluations', body);

function resultOf(suite: string, outcome: 'pass' | 'fail', over: object = {}): SuiteResult {
  const value = outcome === 'fail' ? 0.5 : -0.1;
  const figures = { value: 2, low: 1.9, high: 2.1, n: 2 };
  return {
    format: 'signalbox.result/1', kind: 'suite', candidate: tuned, reference: old, suite, verdict: { outcome, reasons: outcome === 'fail' ? [{ reason: 'gate-failed', detail: 'text: bitsPerByte rose by 0.5' }] : [] },
    summary: outcome === 'fail' ? 'German got worse by 0.5 bits per byte.' : 'All gates hold.',
    tasks: [
      {
        id: 'text', kind: 'likelihood', failures: [],
        metrics: [{ name: 'bitsPerByte', unit: 'bits/byte', slice: { domain: 'german' }, candidate: figures, reference: figures, difference: { value, low: value - 0.05, high: value + 0.05, p: 0.001, pAdjusted: 0.002 }, better: 'lower' }],
        gates: [{ metric: 'bitsPerByte', slice: null, side: 'atMost', bound: 0.02, versus: 'reference', value, outcome, reason: outcome === 'fail' ? 'bound-broken' : 'bound-kept', detail: `${value} bits per byte` }],
      },
    ],
    ...over,
  };
}

/** As the process that measures leaves a run. */
async function succeed(id: string, result: unknown, measured: unknown = null): Promise<string> {
  const claims = new RunClaims(house.dataSource);
  const claim = await claims.claim(id, 1, Date.now());
  const digest = await claims.succeed(claim!, { result: canonicalJson(result), measured: measured === null ? null : canonicalJson(measured) }, Date.now());
  return digest!;
}

describe('datasets', () => {
  it('are kept once, by the digest of their bytes', async () => {
    const first = await send(TEXTS);
    expect([first.status, first.body]).toEqual([201, { sha256: digestOf(TEXTS), sizeBytes: Buffer.byteLength(TEXTS), items: 2, createdAt: expect.any(String), createdBy: expect.stringMatching(/^user:/) }]);
    expect(await send(TEXTS)).toMatchObject({ status: 200, body: { sha256: digestOf(TEXTS) } });
    expect(await house.ok('getDataset', vera, 'GET', `/datasets/${digestOf(TEXTS)}`)).toEqual(first.body);
    expect((await house.call(vera, 'GET', `/datasets/${sha('0')}`)).status).toBe(404);
  });

  it('page by cursor, each once', async () => {
    for (const word of ['one', 'two', 'three']) await send(`{"text":"${word}"}\n`);
    const all = (await house.ok('listDatasets', vera, 'GET', '/datasets')).items.map((one: { sha256: string }) => one.sha256);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Answer['body'] = await house.ok('listDatasets', vera, 'GET', `/datasets?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      paged.push(...page.items.map((one: { sha256: string }) => one.sha256));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(3);
  });

  it.each([
    ['nothing', '', 422, /no items/],
    ['a line that is no JSON', '{"text":"a"}\nnot json\n', 422, /line 2 is not JSON/],
    ['a line that is no object', '{"text":"a"}\n[1]\n', 422, /Item 2 is no JSON object/],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 422, /UTF-8/],
    ['a line that is too long', `{"text":"${'a'.repeat(300 * 1024)}"}`, 422, /line 1 is above/],
    ['more than the limit', 'x'.repeat(33 * 1024 ** 2), 413, /more than 33554432 bytes/],
  ])('refuse %s, and keep nothing of it', async (_, text, status, detail) => {
    const before = (await house.call(vera, 'GET', '/datasets')).body.items.length;
    const answer = await send(text);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)]);
    expect((await house.call(vera, 'GET', '/datasets')).body.items).toHaveLength(before);
  });
});

describe('suites', () => {
  it('are kept once, with their defaults, and list and show', async () => {
    const { body } = await send(TEXTS);
    const first = await house.call(rita, 'POST', '/suites', suiteOf(body.sha256));
    expect(first.status).toBe(201);
    expect(first.body.suite).toMatchObject({ description: '', tasks: [{ id: 'text', grader: {} }] });
    expect(digestOf(canonicalJson(first.body.suite))).toBe(first.body.digest);
    expect((await house.call(rita, 'POST', '/suites', suiteOf(body.sha256))).status).toBe(200);
    expect(await house.ok('getSuite', vera, 'GET', `/suites/${first.body.digest}`)).toEqual(first.body);
    expect((await house.ok('listSuites', vera, 'GET', '/suites')).items).toContainEqual(expect.objectContaining({ digest: first.body.digest, name: 'held-out', tasks: 1 }));
    expect((await house.call(vera, 'GET', `/suites/${sha('0')}`)).status).toBe(404);
  });

  it('are refused with the task, the line and the field that are wrong', async () => {
    const prompts = (await send('{"prompt":"1+1=","answer":"2"}\n{"prompt":"2+2="}\n')).body.sha256;
    const refused = async (body: object): Promise<[number, string, string]> => {
      const { status, body: problem } = await house.call(rita, 'POST', '/suites', body);
      return [status, problem.field, problem.detail];
    };
    expect(await refused(suiteOf(sha('0')))).toEqual([422, 'tasks[0]: dataset', expect.stringMatching(/^Task text: There is no dataset 0000/)]);
    expect(await refused(suiteOf(prompts))).toEqual([422, expect.stringContaining('line 1'), expect.stringMatching(/^Task text: line 1/)]);
    expect(await refused(suiteOf(prompts, 'sums', { kind: 'accuracy', grader: { type: 'exact', maxTokens: 4 }, gates: [] }))).toEqual([422, 'tasks[0].dataset: line 2.answer', expect.stringMatching(/^Task text: line 2\.answer/)]);
    expect(await refused(suiteOf(prompts, 'sums', { gates: [{ metric: 'speed', atMost: 1 }] }))).toEqual([422, 'tasks[0].gates[0].metric', expect.any(String)]);
  });
});

describe('runs', () => {
  it('start with all defaults written out, and an equal one is the same run', async () => {
    const suite = await keptSuite('equal');
    const first = await start({ candidate: tuned, reference: old, suite });
    expect([first.status, first.body]).toMatchObject([201, { kind: 'suite', state: 'queued', candidate: tuned, reference: old, suite, suiteName: 'equal', cached: false, progress: { stepsDone: 0, steps: null }, result: null, verdict: null, attribution: null }]);
    expect(await start({ kind: 'suite', candidate: tuned, reference: old, suite, settings: {} })).toMatchObject({ status: 200, body: { id: first.body.id, cached: false } });
    const digest = await succeed(first.body.id, resultOf(suite, 'pass'), { tasks: [] });
    expect(await start({ candidate: tuned, reference: old, suite })).toMatchObject({ status: 200, body: { id: first.body.id, cached: true, resultSha256: digest } });
    const shown = await house.ok('getEvaluation', vera, 'GET', `/evaluations/${first.body.id}`);
    expect(shown).toMatchObject({ state: 'succeeded', cached: false, verdict: { outcome: 'pass' }, summary: 'All gates hold.', measured: { tasks: [] }, endedAt: expect.any(String) });
    expect(digestOf(canonicalJson(shown.result))).toBe(digest);
  });

  it('are refused where the releases, the suite or the settings do not go with the kind', async () => {
    const suite = await keptSuite('kinds');
    const wide = await house.release('toy', [sha('2'), sha('3'), sha('8'), sha('9')]);
    const refused = async (body: object): Promise<[number, string, string]> => {
      const { status, body: problem } = await start(body);
      return [status, problem.code, problem.field];
    };
    expect(await refused({ candidate: sha('0'), suite })).toEqual([404, 'release_not_found', 'candidate']);
    expect(await refused({ candidate: tuned, reference: sha('0'), suite })).toEqual([404, 'release_not_found', 'reference']);
    expect(await refused({ candidate: tuned, suite: sha('0') })).toEqual([404, 'suite_not_found', 'suite']);
    expect(await refused({ candidate: tuned, reference: wide, suite })).toEqual([409, 'shapes_differ', 'reference']);
    expect(await refused({ kind: 'attribution', candidate: tuned, suite })).toEqual([422, 'wrong_order', 'reference']);
    expect(await refused({ kind: 'concentration', candidate: tuned, suite })).toEqual([422, 'wrong_order', 'suite']);
    expect(await refused({ kind: 'privacy', candidate: tuned, reference: old, suite })).toEqual([422, 'wrong_order', 'reference']);
    expect((await start({ candidate: tuned, suite }, vera)).status).toBe(403);
  });

  it('list by state, kind and release, page by page', async () => {
    const suite = await keptSuite('listed');
    const { id } = (await start({ kind: 'privacy', candidate: old, suite })).body;
    expect((await house.ok('listEvaluations', vera, 'GET', `/evaluations?kind=privacy&state=queued&release=${old}`)).items.map((one: { id: string }) => one.id)).toEqual([id]);
    expect((await house.ok('listEvaluations', vera, 'GET', `/evaluations?suite=${suite}&state=succeeded`)).items).toEqual([]);
    const first = await house.ok('listEvaluations', vera, 'GET', '/evaluations?limit=1');
    const second = await house.ok('listEvaluations', vera, 'GET', `/evaluations?limit=1&cursor=${first.nextCursor}`);
    expect(first.items[0].id).toBe(id);
    expect(second.items[0].id).not.toBe(id);
    expect((await house.call(vera, 'GET', '/evaluations?cursor=nonsense')).status).toBe(400);
  });

  it('are cancelled while they have not ended, and never after', async () => {
    const suite = await keptSuite('cancelled');
    const { id } = (await start({ candidate: tuned, suite })).body;
    const missing = await house.call(vera, 'GET', `/evaluations/${id}/report`);
    expect([missing.status, missing.body.code, missing.body.detail]).toEqual([409, 'no_result', expect.stringContaining('queued')]);
    expect(await house.ok('cancelEvaluation', rita, 'POST', `/evaluations/${id}/cancel`)).toMatchObject({ state: 'cancelled' });
    expect((await house.call(rita, 'POST', `/evaluations/${id}/cancel`)).body).toMatchObject({ code: 'evaluation_ended', detail: 'It is cancelled, which is final.' });
    expect((await start({ candidate: tuned, suite })).body.id).not.toBe(id);
    expect((await house.call(rita, 'POST', `/evaluations/0197280f-6000-7000-8000-000000000001/cancel`)).status).toBe(404);
  });

  it('report in three forms', async () => {
    const suite = await keptSuite('reported');
    const { id } = (await start({ candidate: tuned, reference: old, suite })).body;
    const digest = await succeed(id, resultOf(suite, 'fail'));
    const markdown = await house.call(vera, 'GET', `/evaluations/${id}/report`);
    expect(markdown.body).toMatch(/^# FAIL: Evaluation of/);
    expect(markdown.body).toContain(digest);
    expect(markdown.body).toContain(`signalbox eval attribute ${old} ${tuned} --suite ${suite}`);
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse((await house.call(vera, 'GET', `/evaluations/${id}/report?format=junit`)).body);
    expect(testsuites).toMatchObject({ '@_failures': '1', '@_name': 'reported' });
    expect((await house.call(vera, 'GET', `/evaluations/${id}/report?format=text`)).body).toMatch(/^FAIL: Evaluation of/);
    expect((await house.call(vera, 'GET', `/evaluations/${id}/report?format=pdf`)).status).toBe(400);
  });
});

describe('evidence', () => {
  const drafted = async (releaseId: string): Promise<string> => (await house.call(rita, 'POST', '/changes', { title: 'Tuned', reason: 'German.', change: { type: 'activate', model: 'toy', releaseId } })).body.id;

  it('satisfies the policy of a change request, and says the verdict first', async () => {
    const suite = await keptSuite('attached');
    const { id } = (await start({ candidate: tuned, reference: old, suite })).body;
    const changeId = await drafted(tuned);
    expect((await house.call(rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: id })).body.code).toBe('no_result');
    const digest = await succeed(id, resultOf(suite, 'pass'));
    expect((await house.call(rita, 'POST', `/changes/${changeId}/submit`, {})).body.code).toMatch(/evidence.missing/);
    const attached = await house.ok('attachEvaluation', rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: id });
    expect(attached.evidence).toMatchObject([{ kind: 'evaluation', title: 'PASS: All gates hold.', mediaType: 'application/json' }]);
    const { content, sha256 } = await house.ok('getEvidence', olga, 'GET', `/changes/${changeId}/evidence/${attached.evidence[0].id}`);
    expect(digestOf(content)).toBe(sha256);
    expect(JSON.parse(content)).toMatchObject({ format: 'signalbox.evidence/1', evaluationId: id, outcome: 'pass', candidate: tuned, reference: old, resultSha256: digest, result: { summary: 'All gates hold.' } });
    expect((await house.ok('submitChange', rita, 'POST', `/changes/${changeId}/submit`, {})).state).toBe('open');
  });

  it('of a failed gate carries its attribution', async () => {
    const suite = await keptSuite('attributed');
    const { id } = (await start({ candidate: tuned, reference: old, suite })).body;
    await succeed(id, resultOf(suite, 'fail'));
    const attribution = (await start({ kind: 'attribution', candidate: tuned, reference: old, suite })).body;
    expect((await house.ok('getEvaluation', vera, 'GET', `/evaluations/${id}`)).attribution).toEqual({ evaluationId: attribution.id, state: 'queued', summary: null, resultSha256: null });
    const found = await succeed(attribution.id, resultOf(suite, 'fail', { kind: 'attribution', summary: 'Expert 2 of layer 0 did it.', tasks: undefined }));
    const changeId = await drafted(tuned);
    const attached = await house.ok('attachEvaluation', rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: id });
    expect(attached.evidence[0].title).toBe('FAIL: German got worse by 0.5 bits per byte.');
    const content = JSON.parse((await house.ok('getEvidence', olga, 'GET', `/changes/${changeId}/evidence/${attached.evidence[0].id}`)).content);
    expect(content.attribution).toEqual({ evaluationId: attribution.id, state: 'succeeded', summary: 'Expert 2 of layer 0 did it.', resultSha256: found });
    expect(content.report).toContain('Expert 2 of layer 0 did it.');
    expect(attached.evidence[0].outcome).toBe('fail');
    // A failed gate holds the request until somebody answers for it.
    const submit = (): Promise<Answer> => house.call(rita, 'POST', `/changes/${changeId}/submit`, {});
    expect((await submit()).body).toMatchObject({ code: 'evidence_missing', detail: expect.stringContaining('failed its gates') });
    await house.ok('attachEvaluation', rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: attribution.id, kind: 'attribution' });
    await house.ok('addEvidence', rita, 'POST', `/changes/${changeId}/evidence`, { kind: 'risk-assessment', title: 'German is not served', content: 'No tenant asks in German.' });
    expect((await submit()).status).toBe(200);
  });

  it('that failed makes way for a later one of its kind that passes', async () => {
    const changeId = await drafted(tuned);
    for (const outcome of ['fail', 'pass'] as const) {
      const suite = await keptSuite(`then ${outcome}`);
      const { id } = (await start({ candidate: tuned, reference: old, suite })).body;
      await succeed(id, resultOf(suite, outcome));
      await house.ok('attachEvaluation', rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: id });
      expect((await house.call(rita, 'POST', `/changes/${changeId}/submit`, {})).status).toBe(outcome === 'fail' ? 409 : 200);
    }
  });

  it('of another release, or by a stale sight of the request, is refused', async () => {
    const suite = await keptSuite('refused');
    const { id } = (await start({ candidate: old, suite })).body;
    await succeed(id, resultOf(suite, 'pass', { candidate: old, reference: null }));
    const changeId = await drafted(tuned);
    expect((await house.call(rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: id })).body).toMatchObject({ code: 'other_release', field: 'evaluationId' });
    const right = (await start({ candidate: tuned, suite })).body;
    await succeed(right.id, resultOf(suite, 'pass', { reference: null }));
    expect((await house.call(rita, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: right.id }, { 'if-match': '"99"' })).status).toBe(412);
    expect((await house.call(vera, 'POST', `/changes/${changeId}/evaluations`, { evaluationId: right.id })).status).toBe(403);
    expect((await house.call(rita, 'POST', '/changes/0197280f-6000-7000-8000-000000000001/evaluations', { evaluationId: right.id })).status).toBe(404);
  });
});

describe('deleting', () => {
  const entries = async (action: string, subject: string): Promise<unknown[]> => house.dataSource.query('SELECT before FROM signalbox.audit_entry WHERE action = $1 AND subject = $2', [action, subject]);

  it('takes away a run that has ended, then its suite, then its dataset, each with its entry', async () => {
    const text = '{"text":"to be deleted"}\n';
    const dataset = (await send(text)).body.sha256;
    const suite = (await house.call(rita, 'POST', '/suites', suiteOf(dataset, 'deleted'))).body.digest;
    const { id } = (await start({ candidate: tuned, reference: old, suite })).body;
    const remove = (path: string, key = rita): Promise<Answer> => house.call(key, 'DELETE', path);
    expect((await remove(`/datasets/${dataset}`)).body).toMatchObject({ status: 409, code: 'dataset_in_suites', detail: 'Suites ask it: deleted. Delete those first.' });
    expect((await remove(`/suites/${suite}`)).body).toMatchObject({ status: 409, code: 'suite_has_runs', detail: expect.stringContaining('1 of its runs have not ended: cancel') });
    expect((await remove(`/evaluations/${id}`)).body).toMatchObject({ status: 409, code: 'evaluation_open', detail: expect.stringContaining(`/evaluations/${id}/cancel`) });
    const digest = await succeed(id, resultOf(suite, 'pass'));
    expect((await remove(`/suites/${suite}`)).body).toMatchObject({ status: 409, code: 'suite_has_runs', detail: expect.stringContaining('1 of its runs are kept: delete them first') });
    expect((await remove(`/evaluations/${id}`, vera)).body).toMatchObject({ status: 403, code: 'permission_missing' });

    expect((await remove(`/evaluations/${id}`)).status).toBe(204);
    expect((await house.call(vera, 'GET', `/evaluations/${id}`)).status).toBe(404);
    expect((await remove(`/evaluations/${id}`)).body.code).toBe('evaluation_not_found');
    expect(await entries('evaluation.delete', `evaluation/${id}`)).toMatchObject([{ before: { kind: 'suite', candidate: tuned, reference: old, suite, state: 'succeeded', resultSha256: digest } }]);
    expect((await remove(`/suites/${suite}`)).status).toBe(204);
    expect((await remove(`/suites/${suite}`)).body.code).toBe('suite_not_found');
    expect(await entries('suite.delete', `suite/${suite}`)).toMatchObject([{ before: { name: 'deleted' } }]);
    expect((await remove(`/datasets/${dataset}`)).status).toBe(204);
    expect((await remove(`/datasets/${dataset}`)).body.code).toBe('dataset_not_found');
    expect(await entries('dataset.delete', `dataset/${dataset}`)).toMatchObject([{ before: { items: 1, sizeBytes: Buffer.byteLength(text) } }]);
    // What is gone is asked for anew, under another id.
    expect((await start({ candidate: tuned, suite })).body.code).toBe('suite_not_found');
  });

  it('leaves evidence alone, and names the change request', async () => {
    const suite = await keptSuite('kept as evidence');
    const { id } = (await start({ candidate: tuned, reference: old, suite })).body;
    await succeed(id, resultOf(suite, 'pass'));
    const change = (await house.call(rita, 'POST', '/changes', { title: 'Tuned', reason: 'German.', change: { type: 'activate', model: 'toy', releaseId: tuned } })).body;
    const { evidence } = await house.ok('attachEvaluation', rita, 'POST', `/changes/${change.id}/evaluations`, { evaluationId: id });
    const remove = (): Promise<Answer> => house.call(rita, 'DELETE', `/evaluations/${id}`);
    expect((await remove()).body).toMatchObject({ status: 409, code: 'evaluation_is_evidence', detail: expect.stringContaining(`change request ${change.number}.`) });
    expect(await entries('evaluation.delete', `evaluation/${id}`)).toEqual([]);
    expect((await house.call(rita, 'DELETE', `/changes/${change.id}/evidence/${evidence[0].id}`)).status).toBe(200);
    expect((await remove()).status).toBe(204);
  });
});
