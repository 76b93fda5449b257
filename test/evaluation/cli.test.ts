import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

/** The workflow of docs/evaluation-in-ci.md, its script as it stands there, against the whole product. */
const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const EXAMPLE = join(ROOT, 'docs', 'examples', 'evaluate-pull-request.yml');
const HELD_OUT = join(ROOT, 'evals', 'python-expert', 'held-out.jsonl');
const IMPORT_MS = 180_000;
const START_MS = 240_000;

interface Workflow {
  readonly jobs: { readonly evaluate: { readonly steps: readonly { readonly name?: string; readonly env?: Readonly<Record<string, string>>; readonly run?: string }[] } };
}

let home: string;
let signalbox: SignalboxProcess;
let stable: string;

beforeAll(async () => {
  home = newTemporaryHome('eval-workflow-');
  // The program as `npm link` installs it.
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin', 'signalbox'), `#!/bin/sh\nexec '${NODE}' '${join(ROOT, 'bin', 'signalbox.js')}' "$@"\n`);
  chmodSync(join(home, 'bin', 'signalbox'), 0o755);
  signalbox = new SignalboxProcess(home, await freePort());
  await signalbox.start(START_MS);
  stable = (await api('GET', '/models/tiny-mixtral/activation')).releaseId;
});
afterAll(async () => {
  await signalbox?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function api(method: string, path: string, body?: unknown): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- looked into by each step
  const answer = await fetch(`${signalbox.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${TEST_KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function imported(name: string, retuning: Parameters<typeof writeRetunedCheckpoint>[1]): Promise<string> {
  const directory = join(home, name);
  await writeRetunedCheckpoint(directory, retuning);
  const { id } = await api('POST', '/imports', { directory, model: 'tiny-mixtral', parent: stable });
  await until(async () => ['succeeded', 'failed'].includes((await api('GET', `/imports/${id}`)).state), IMPORT_MS, () => 'the import does not end');
  return (await api('GET', `/imports/${id}`)).releaseId;
}

/** A repository as the workflow checks it out, with the release that a pull request proposes. */
function repository(name: string, release: string, gate: string): string {
  const folder = join(home, name);
  mkdirSync(join(folder, 'serving'), { recursive: true });
  mkdirSync(join(folder, 'evals'));
  writeFileSync(join(folder, 'serving', 'release.txt'), `${release}\n`);
  const items = readFileSync(HELD_OUT, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { text: string; labels: object });
  const spread = items.filter((_, at) => at % Math.ceil(items.length / 24) === 0).map(({ text, labels }) => JSON.stringify({ text: text.slice(0, 240), labels }));
  writeFileSync(join(folder, 'evals', 'held-out.jsonl'), `${spread.join('\n')}\n`);
  writeFileSync(
    join(folder, 'evals', 'pull-request.yaml'),
    `format: signalbox.suite/1\nname: pull request\ndescription: Held-out text.\ntasks:\n  - id: held-out\n    kind: likelihood\n    dataset: held-out.jsonl\n    gates:\n      - ${gate}\n`,
  );
  return folder;
}

interface StepEnd {
  readonly code: number | null;
  readonly output: string;
  readonly change: string;
  readonly summary: string;
}

/** Runs the step "Evaluate" as a runner would. */
async function evaluateStep(folder: string): Promise<StepEnd> {
  const { jobs } = parse(readFileSync(EXAMPLE, 'utf8')) as Workflow;
  const step = jobs.evaluate.steps.find(({ name }) => name === 'Evaluate')!;
  const [output, summary] = [join(folder, 'github-output'), join(folder, 'github-summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  const child = spawn('bash', ['-c', step.run!], {
    cwd: folder,
    env: {
      PATH: `${join(home, 'bin')}:${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`, HOME: home, SUITE: step.env!['SUITE']!, TITLE: 'Another release', LINK: 'https://git.example.com/pull/7',
      SIGNALBOX_URL: signalbox.url, SIGNALBOX_API_KEY: TEST_KEY, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary,
    },
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: told, change: /^change=(.+)$/m.exec(readFileSync(output, 'utf8'))?.[1] ?? '', summary: readFileSync(summary, 'utf8') };
}

const junitOf = (folder: string): Record<string, unknown> => new XMLParser({ ignoreAttributes: false }).parse(readFileSync(join(folder, 'junit.xml'), 'utf8')).testsuites;

it('ends with 0 for a release that is no worse, and its evidence satisfies the policy of the request', async () => {
  const release = await imported('near', { experts: ['expert/1/3'], strength: 0.001, seed: 3 });
  const folder = repository('passing', release, '{metric: bitsPerByte, versus: reference, atMost: 0.05}');
  const { code, output, change, summary } = await evaluateStep(folder);
  expect(code, `${output}\n${signalbox.log.slice(-3000)}`).toBe(0);
  expect(output).toContain('No evidence is missing.');
  expect(summary).toMatch(/^# PASS: Evaluation of /);
  expect(readFileSync(join(folder, 'report.md'), 'utf8')).toBe(summary);
  expect(junitOf(folder)).toMatchObject({ '@_tests': '1', '@_failures': '0', '@_errors': '0' });
  const { evidence } = await api('GET', `/changes/${change}`);
  expect(evidence).toMatchObject([{ kind: 'evaluation', title: expect.stringMatching(/^PASS/) }]);
  expect(await api('POST', `/changes/${change}/submit`, {})).toMatchObject({ state: 'open', blockers: [{ reason: 'approvals-missing' }] });

  // The next push: the same release and suite cost nothing.
  const before = (await api('GET', '/evaluations?state=succeeded')).items[0];
  const again = await evaluateStep(folder);
  expect([again.code, again.output]).toEqual([0, expect.stringContaining('nothing is measured anew')]);
  expect((await api('GET', '/evaluations?state=succeeded')).items[0]).toEqual(before);
});

it('ends with 1 for one that is worse, says what got worse, and attaches that', async () => {
  const release = await imported('scrambled', { experts: ['expert/2/1', 'expert/2/3', 'expert/2/5'], scramble: true, gain: 6, seed: 5 });
  const folder = repository('failing', release, '{metric: bitsPerByte, versus: reference, atMost: 0.05}');
  const { code, output, change, summary } = await evaluateStep(folder);
  expect(code, `${output}\n${signalbox.log.slice(-3000)}`).toBe(1);
  expect(summary).toMatch(/^# FAIL: Evaluation of /);
  expect(summary).toContain('## What got worse');
  expect(summary).toMatch(/## Which part did it\n\n.+\n\nAttribution run /);
  expect(junitOf(folder)).toMatchObject({ '@_tests': '1', '@_failures': '1' });
  const { evidence } = await api('GET', `/changes/${change}`);
  expect(evidence[0].title).toMatch(/^FAIL/);
  const { content } = await api('GET', `/changes/${change}/evidence/${evidence[0].id}`);
  expect(JSON.parse(content)).toMatchObject({ outcome: 'fail', candidate: release, reference: stable, report: summary, attribution: { state: 'succeeded' } });
});
