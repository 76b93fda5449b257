import { createHash } from 'node:crypto';
import { type Sha256 } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type Json } from '../run/run.ts';
import { FieldReader } from './fields.ts';
import { parseGrader } from './grader.ts';
import { SUITE_LIMITS } from './limits.ts';
import { TASK_KINDS, type Gate, type Suite, type Task, type TaskKind } from './suite.ts';
import { TASK_METRICS } from './task-metrics.ts';

const REASON = 'malformed-suite';
const TASK_ID = /^[A-Za-z0-9_-]{1,64}$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** Metrics by the clock: they differ between equal runs, so no verdict can rest on them. */
const BY_THE_CLOCK = ['msPerPromptToken', 'msPerAnswerToken'];

/**
 * A suite from a value as JSON or YAML gives it.
 * @throws EvaluationError with the path of the field that is wrong and what to give instead
 */
export function parseSuite(value: unknown): Suite {
  const read = new FieldReader(value, '', REASON);
  read.only(['format', 'name', 'description', 'tasks']);
  const tasks = read.list('tasks', { min: 1, max: SUITE_LIMITS.tasks }).map((task, at) => parseTask(task, `tasks[${at}]`));
  const seen = new Set<string>();
  for (const [at, { id }] of tasks.entries()) {
    if (seen.has(id)) read.refuse(`tasks[${at}].id`, `is ${id} a second time; give each task an id of its own.`);
    seen.add(id);
  }
  return {
    format: read.choice('format', ['signalbox.suite/1']),
    name: read.text('name', { max: SUITE_LIMITS.nameCharacters }),
    description: read.has('description') ? read.text('description', { min: 0, max: SUITE_LIMITS.descriptionCharacters }) : '',
    tasks,
  };
}

/** Identity of a suite: SHA-256 of its canonical JSON; it covers every dataset by its digest. */
export function suiteDigest(suite: Suite): Sha256 {
  return createHash('sha256').update(canonicalJson(suite), 'utf8').digest('hex');
}

function parseTask(value: Json, path: string): Task {
  const read: FieldReader = new FieldReader(value, path, REASON);
  read.only(['id', 'kind', 'dataset', 'grader', 'gates']);
  const id = read.fields['id'];
  if (typeof id !== 'string' || !TASK_ID.test(id)) read.refuse('id', 'must have 1 to 64 letters, digits, - or _.');
  const kind = read.choice('kind', TASK_KINDS);
  const dataset = read.fields['dataset'];
  if (typeof dataset !== 'string' || !DIGEST.test(dataset)) read.refuse('dataset', 'must be the SHA-256 of an uploaded dataset, 64 lower-case hexadecimal digits.');
  const grader = read.has('grader') ? read.fields['grader']! : {};
  parseGrader(kind, grader, read.at('grader'));
  const gates = read.has('gates') ? read.list('gates', { min: 0, max: SUITE_LIMITS.gatesPerTask }) : [];
  if (kind === 'routes' && gates.length > 0) read.refuse('gates', 'must be left out: in a task of kind routes each assertion is a gate.');
  return { id, kind, dataset, grader: grader as Task['grader'], gates: gates.map((gate, at) => parseGate(gate, kind, `${path}.gates[${at}]`)) };
}

function parseGate(value: Json, kind: TaskKind, path: string): Gate {
  const read = new FieldReader(value, path, REASON);
  read.only(['metric', 'slice', 'versus', 'atMost', 'atLeast']);
  if (BY_THE_CLOCK.includes(read.fields['metric'] as string)) {
    read.refuse('metric', 'is measured by the clock and so differs between equal runs: a gate cannot rest on it. Give rows, or watch latency in a rollout.');
  }
  const metric = read.choice('metric', TASK_METRICS[kind].map(({ name }) => name));
  const versus = read.has('versus') ? read.choice('versus', ['reference']) : undefined;
  if (versus && TASK_METRICS[kind].some((one) => one.name === metric && one.comparison)) read.refuse('versus', `must be left out: ${metric} is of the comparison itself.`);
  if (!read.has('atMost') && !read.has('atLeast')) read.refuse('atMost', 'or atLeast must be given.');
  const slice = read.has('slice') ? read.texts('slice', { max: 1, maxCharacters: SUITE_LIMITS.labelCharacters }) : undefined;
  return {
    metric,
    ...(slice && Object.keys(slice).length > 0 && { slice }),
    ...(versus && { versus }),
    ...(read.has('atMost') && { atMost: read.number('atMost') }),
    ...(read.has('atLeast') && { atLeast: read.number('atLeast') }),
  };
}
