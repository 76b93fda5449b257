import { type Json } from '../run/run.ts';
import { parseAssertion, type RouteAssertion } from '../routes/assertion.ts';
import { FieldReader } from './fields.ts';
import { SUITE_LIMITS } from './limits.ts';
import { type Task, type TaskKind } from './suite.ts';

const ACCURACY_TYPES = ['exact', 'regex', 'numeric', 'schema', 'choice'] as const;

interface Asked {
  /** Most tokens of an answer. */
  readonly maxTokens: number;
  /** The answer ends before the first of these texts; null: nowhere. */
  readonly stopAt: string | null;
}

/** How the answers of one task are judged, with every default written out. */
export type Grader =
  | { readonly kind: 'likelihood' | 'bias' | 'safety' }
  | ({ readonly kind: 'accuracy' } & (
      | { readonly type: 'choice' }
      | (Asked & { readonly type: 'exact'; readonly ignoreCase: boolean })
      | (Asked & { readonly type: 'regex' })
      | (Asked & { readonly type: 'numeric'; readonly tolerance: number; readonly relative: number })
      | (Asked & { readonly type: 'schema'; readonly schema: Json })
    ))
  | (Asked & { readonly kind: 'preference'; readonly criterion: string })
  | { readonly kind: 'performance'; readonly maxTokens: number; readonly repeats: number }
  | { readonly kind: 'routes'; readonly assertions: readonly RouteAssertion[] };

export type GraderOf<K extends TaskKind> = Extract<Grader, { readonly kind: K }>;
export type AccuracyGrader = GraderOf<'accuracy'>;

/** @throws EvaluationError naming the field of the grader that is wrong */
export function parseGrader(kind: TaskKind, grader: Json, path: string): Grader {
  const read = new FieldReader(grader, path, 'malformed-grader');
  const { answerTokens, repeats, descriptionCharacters, assertionsPerTask } = SUITE_LIMITS;
  const maxTokens = (): number => read.whole('maxTokens', { min: 1, max: answerTokens });
  switch (kind) {
    case 'likelihood':
    case 'bias':
    case 'safety':
      read.only([]);
      return { kind };
    case 'accuracy':
      return parseAccuracy(read);
    case 'preference':
      read.only(['maxTokens', 'stopAt', 'criterion']);
      return { kind, maxTokens: maxTokens(), stopAt: stop(read), criterion: read.has('criterion') ? read.text('criterion', { max: descriptionCharacters }) : 'It answers the prompt better.' };
    case 'performance':
      read.only(['maxTokens', 'repeats']);
      return { kind, maxTokens: maxTokens(), repeats: read.has('repeats') ? read.whole('repeats', { min: 1, max: repeats }) : 1 };
    case 'routes': {
      read.only(['assertions']);
      const assertions = read.list('assertions', { min: 1, max: assertionsPerTask }).map((one, at) => parseAssertion(one, `${path}.assertions[${at}]`));
      const seen = new Set<string>();
      for (const [at, { name }] of assertions.entries()) {
        if (seen.has(name)) read.refuse(`assertions[${at}].name`, 'is used twice; give each assertion a name of its own.');
        seen.add(name);
      }
      return { kind, assertions };
    }
  }
}

/** The grader of a task that {@link parseSuite} has accepted. */
export function graderOf<K extends TaskKind>(task: Task & { readonly kind: K }): GraderOf<K> {
  return parseGrader(task.kind, task.grader, `tasks.${task.id}.grader`) as GraderOf<K>;
}

function parseAccuracy(read: FieldReader): AccuracyGrader {
  const kind = 'accuracy';
  const type = read.choice('type', ACCURACY_TYPES);
  if (type === 'choice') {
    read.only(['type']);
    return { kind, type };
  }
  const asked = { maxTokens: read.whole('maxTokens', { min: 1, max: SUITE_LIMITS.answerTokens }), stopAt: stop(read) };
  const only = (...names: string[]): void => read.only(['type', 'maxTokens', 'stopAt', ...names]);
  switch (type) {
    case 'exact':
      only('ignoreCase');
      return { kind, type, ...asked, ignoreCase: read.has('ignoreCase') && read.flag('ignoreCase') };
    case 'regex':
      only();
      return { kind, type, ...asked };
    case 'numeric':
      only('tolerance', 'relative');
      return { kind, type, ...asked, tolerance: read.has('tolerance') ? read.number('tolerance', { min: 0 }) : 0, relative: read.has('relative') ? read.number('relative', { min: 0, max: 1 }) : 0 };
    case 'schema': {
      only('schema');
      const schema = read.fields['schema'];
      if (typeof schema !== 'object' || schema === null || JSON.stringify(schema).length > SUITE_LIMITS.schemaBytes) read.refuse('schema', `must be a JSON Schema, an object of at most ${SUITE_LIMITS.schemaBytes} bytes.`);
      return { kind, type, ...asked, schema };
    }
  }
}

function stop(read: FieldReader): string | null {
  return read.has('stopAt') ? read.text('stopAt', { max: SUITE_LIMITS.labelCharacters }) : null;
}
