import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Outcome, type SuiteResult } from '#libs/evaluation/run/result';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type EvaluationRun } from '#libs/store/evaluation/evaluation-run';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { runCli } from '../../apps/cli/program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { GovernedHouse, sha } from '../governance/governed-house.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

/** `signalbox eval` against the real API. What a process that measures would find, the tests say. */
const plain = (text: string): string => text;
const WAIT_MS = 120_000;
let postgres: TestPostgres;
let house: GovernedHouse;
let folder: string;
let rita: string;
let old: string;
let tuned: string;

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  folder = newTemporaryHome('eval-cli-');
  rita = (await house.person('rita', ['releaser'])).key;
  old = await house.release('toy');
  tuned = await house.release('toy', [sha('2'), sha('3'), sha('9')]);
  mkdirSync(join(folder, 'evals'));
  writeFileSync(join(folder, 'evals', 'held-out.jsonl'), '{"text":"Guten Tag","labels":{"domain":"german"}}\n{"text":"Good day"}\n');
});
afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
});

function suite(name: string, dataset = 'held-out.jsonl'): string {
  const file = join('evals', `${name}.yaml`);
  writeFileSync(join(folder, file), `format: signalbox.suite/1\nname: ${name}\ntasks:\n  - id: text\n    kind: likelihood\n    dataset: ${dataset}\n    gates:\n      - {metric: bitsPerByte, versus: reference, atMost: 0.02}\n`);
  return file;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

async function signalbox(args: readonly string[], { signal = new AbortController().signal, env = { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: rita }, told = [] }: { readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>>; readonly told?: string[] } = {}): Promise<Ended> {
  const out: string[] = [];
  const code = await runCli(args, {
    env, columns: 120, rows: 40, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain }, signal, workingDir: folder,
    print: (text) => out.push(text),
    note: (text) => told.push(text),
  });
  return { code, out: out.join('\n'), notes: told.join('\n') };
}

function resultOf({ spec }: EvaluationRun, outcome: Outcome): SuiteResult {
  const { kind, candidate, reference } = spec;
  const common = { format: 'signalbox.result/1', candidate, reference, suite: spec.suite, verdict: { outcome, reasons: outcome === 'pass' ? [] : [{ reason: 'gate-failed', detail: 'bitsPerByte' }] } } as const;
  if (kind === 'recalibration') return { ...common, kind, summary: 'Evener.', strengths: [], items: 8, proposal: outcome === 'pass' ? { strength: 0.5, selectionBias: [[0.1, -0.1, 0]] } : null } as unknown as SuiteResult;
  if (kind !== 'suite') return { ...common, kind, summary: 'Expert 2 of layer 0 did it.' } as unknown as SuiteResult;
  const gate = { metric: 'bitsPerByte', slice: null, side: 'atMost', bound: 0.02, versus: 'reference', value: 0.5, outcome, reason: 'bound-kept', detail: 'as measured' } as const;
  return { ...common, kind, summary: `It came out as ${outcome}.`, tasks: [{ id: 'text', kind: 'likelihood', metrics: [], gates: [gate], failures: [] }] };
}

/** Ends the next run that is put in line, as a process that measures would. */
async function conclude(outcome: Outcome): Promise<void> {
  const claims = new RunClaims(house.dataSource);
  await until(async () => (await claims.due(1)).length > 0, WAIT_MS, () => 'no run was put in line');
  const [due] = await claims.due(1);
  const claim = await claims.claim(due!.id, 1, Date.now());
  await claims.succeed(claim!, { result: canonicalJson(resultOf(claim!.run, outcome)), measured: null }, Date.now());
}

const idIn = ({ notes }: Ended): string => /Evaluation (\S+)/.exec(notes)![1]!;
const compare = (file: string, ...more: string[]): string[] => ['eval', 'run', file, '--candidate', tuned.slice(0, 12), '--reference', 'stable', ...more];

it('sends what the server lacks, waits, and ends with 0 where all gates hold; again it costs nothing', async () => {
  const file = suite('passing');
  const [first] = await Promise.all([signalbox(compare(file, '--wait')), conclude('pass')]);
  expect([first.code, first.notes]).toEqual([0, expect.stringContaining('held-out.jsonl')]);
  expect(first.out).toMatch(/^PASS: Evaluation of /);
  const again = await signalbox(compare(file, '--wait', '--format', 'markdown'));
  expect([again.code, again.notes]).toEqual([0, expect.stringContaining('nothing is measured anew')]);
  expect(again.notes).not.toContain('Sending');
  expect(again.out).toContain(`--candidate ${tuned} --reference ${old} --wait`);
});

it('ends with 1 where a gate failed and 3 where the figures do not decide', async () => {
  const [failed] = await Promise.all([signalbox(compare(suite('failing'), '--wait')), conclude('fail')]);
  expect([failed.code, failed.notes]).toEqual([1, expect.stringContaining('Failed: It came out as fail.')]);
  const [open] = await Promise.all([signalbox(compare(suite('open'), '--wait')), conclude('inconclusive')]);
  expect([open.code, open.out]).toEqual([3, expect.stringMatching(/^INCONCLUSIVE/)]);
  // A report is only read: what it says is not the command's failure.
  expect(await signalbox(['eval', 'report', idIn(failed)])).toMatchObject({ code: 0, out: expect.stringMatching(/^FAIL/) });
  expect((await signalbox(['eval', 'show', idIn(failed), '--wait'])).code).toBe(1);
});

it('writes reports into files, asks which part failed, and attaches what was found', async () => {
  const drafted = await house.call(rita, 'POST', '/changes', { title: 'Tuned', reason: 'German.', change: { type: 'activate', model: 'toy', releaseId: tuned } });
  const both = async (): Promise<void> => {
    await conclude('fail');
    await conclude('fail');
  };
  const [ended] = await Promise.all([signalbox(compare(suite('evidence'), '--attribute', '--attach', drafted.body.id, '--out', 'report.md', '--out', 'junit.xml')), both()]);
  // The evidence is there, and its failure asks for somebody to answer for it.
  expect([ended.code, ended.notes]).toEqual([1, expect.stringContaining('Still missing: risk-assessment.')]);
  expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('Expert 2 of layer 0 did it.');
  const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(readFileSync(join(folder, 'junit.xml'), 'utf8'));
  expect(testsuites['@_failures']).toBe('1');
  const [evidence] = (await house.call(rita, 'GET', `/changes/${drafted.body.id}`)).body.evidence;
  expect(evidence).toMatchObject({ kind: 'evaluation', title: 'FAIL: It came out as fail.' });
});

it('goes on without the command that started it, until somebody cancels it', async () => {
  const controller = new AbortController();
  const told: string[] = [];
  const waiting = signalbox(compare(suite('long'), '--wait'), { signal: controller.signal, told });
  // What the wait says first.
  await until(() => told.includes('queued'), WAIT_MS);
  controller.abort();
  const stopped = await waiting;
  expect([stopped.code, stopped.notes]).toEqual([130, expect.stringContaining('The run goes on.')]);
  const id = /eval cancel (\S+)/.exec(stopped.notes)![1]!;
  expect((await signalbox(['eval', 'show', id])).out).toContain('queued');
  expect((await signalbox(['eval', 'list', '--state', 'queued'])).out).toContain(id);
  expect(await signalbox(['eval', 'cancel', id])).toMatchObject({ code: 0, out: expect.stringContaining('cancelled') });
  expect((await signalbox(['eval', 'show', id, '--wait'])).code).toBe(2);
  expect((await signalbox(['eval', 'cancel', id])).code).toBe(2);
});

it('deletes a run that has ended, then its suite, then its dataset', async () => {
  const file = suite('to-delete', 'to-delete.jsonl');
  writeFileSync(join(folder, 'evals', 'to-delete.jsonl'), '{"text":"Gone soon"}\n');
  const [id] = (await signalbox(compare(file))).out.split('\n');
  const run = (await house.call(rita, 'GET', `/evaluations/${id}`)).body;
  const [{ dataset }] = (await house.call(rita, 'GET', `/suites/${run.suite}`)).body.suite.tasks;
  const told: string[] = [];
  expect([(await signalbox(['eval', 'delete', id!], { told })).code, told.join()]).toEqual([2, expect.stringContaining('cancel it')]);
  await signalbox(['eval', 'cancel', id!]);
  expect(await signalbox(['eval', 'delete', id!])).toMatchObject({ code: 0, out: expect.stringContaining(`Evaluation ${id} is deleted.`) });
  expect(await signalbox(['eval', 'delete-suite', run.suite])).toMatchObject({ code: 0, out: `Suite ${run.suite} is deleted.` });
  expect(await signalbox(['eval', 'delete-dataset', dataset])).toMatchObject({ code: 0, out: `Dataset ${dataset} is deleted.` });
  expect((await signalbox(['eval', 'show', id!])).code).toBe(5);
});

it('does not wait unless told, and says how to go on', async () => {
  const started = await signalbox(['eval', 'attribute', old, tuned, '--suite', suite('later')]);
  expect(started.code).toBe(0);
  expect(started.out).toContain(`signalbox eval show ${idIn(started)} --wait`);
  await conclude('fail');
  expect((await signalbox(['eval', 'show', idIn(started)])).out).toContain('Expert 2 of layer 0 did it.');
});

it('checks a suite without a server, and names the file, the line and the field', async () => {
  const offline = { env: {} };
  expect(await signalbox(['eval', 'check', suite('sound')], offline)).toMatchObject({ code: 0, out: expect.stringContaining('text: likelihood, 2 items, 1 gates') });
  writeFileSync(join(folder, 'evals', 'broken.jsonl'), '{"text":"a"}\n{"txt":"b"}\n');
  const broken = await signalbox(['eval', 'check', suite('broken', 'broken.jsonl')], offline);
  expect([broken.code, broken.notes]).toEqual([2, expect.stringMatching(/task text: .*broken\.jsonl: line 2\.txt/)]);
  expect((await signalbox(['eval', 'check', suite('lost', 'lost.jsonl')], offline)).notes).toContain('lost.jsonl is no file');
  writeFileSync(join(folder, 'evals', 'no.yaml'), 'tasks: [');
  expect(await signalbox(['eval', 'check', 'evals/no.yaml'], offline)).toMatchObject({ code: 2, notes: expect.stringContaining('no YAML') });
});

it('never ends like a gate where the command itself failed', async () => {
  const file = suite('usage');
  const away = { env: { SIGNALBOX_URL: 'http://127.0.0.1:1', SIGNALBOX_API_KEY: 'k' } };
  expect((await signalbox(compare(file, '--wait'), away)).code).toBe(2);
  expect((await signalbox(['eval', 'run', file])).code).toBe(2);
  expect((await signalbox(['eval', 'run', file, '--candidate', sha('0')])).code).toBe(5);
  expect((await signalbox(['eval', 'privacy', tuned, '--suite', file, '--setting', 'level=none'])).code).toBe(2);
  expect((await signalbox(['eval', 'show', '0197280f-6000-7000-8000-000000000001'])).code).toBe(5);
});

it('plans a recalibration and proposes it, or says why there is none', async () => {
  const plan = (name: string): string[] => ['plan', 'recalibrate', '--suite', suite(name), '--propose'];
  const [found] = await Promise.all([signalbox(plan('even')), conclude('pass')]);
  expect([found.code, found.out]).toEqual([0, expect.stringContaining('Evener.')]);
  const [, changeId] = /Change request (\S+) is a draft/.exec(found.out)!;
  const { body } = await house.call(rita, 'GET', `/changes/${changeId}`);
  expect(body).toMatchObject({ title: 'Selection bias of strength 0.5', change: { settings: { selectionBias: [[0.1, -0.1, 0]] } }, reason: expect.stringContaining(idIn(found)) });
  const [none] = await Promise.all([signalbox(plan('uneven')), conclude('inconclusive')]);
  expect([none.code, none.out.includes('Change request')]).toEqual([3, false]);
});
