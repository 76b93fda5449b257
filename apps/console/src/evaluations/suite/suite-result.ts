import { type Estimate, estimateOf, type Fields, fieldsOf, inWords, listOf, numberOf, textOf } from '../result/fields.ts';

export interface Difference {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly p: number | null;
  readonly pAdjusted: number | null;
}

export interface Metric {
  readonly task: string;
  readonly name: string;
  readonly unit: string;
  /** Such as `domain german`; null for the whole task. */
  readonly slice: string | null;
  readonly better: 'lower' | 'higher' | null;
  readonly candidate: Estimate | null;
  readonly reference: Estimate | null;
  readonly difference: Difference | null;
}

export interface GateResult {
  readonly task: string;
  readonly metric: string;
  readonly slice: string | null;
  readonly bound: string;
  readonly value: number | null;
  readonly outcome: string;
  readonly detail: string;
}

/** A token that broke an assertion about routes. */
export interface BrokenToken {
  /** Place in the text, from 0. */
  readonly row: number | null;
  readonly token: string;
  /** Text before it and after it, as far as the result quotes it. */
  readonly before: string;
  readonly after: string;
  readonly layer: number | null;
  readonly expert: number | null;
  readonly gate: number | null;
  readonly expected: string | null;
}

export interface Failure {
  readonly task: string;
  readonly item: string;
  readonly detail: string;
  readonly tokens: readonly BrokenToken[];
}

export interface TaskResult {
  readonly id: string;
  readonly kind: string;
  readonly metrics: readonly Metric[];
  readonly gates: readonly GateResult[];
  readonly failures: readonly Failure[];
  /** Of preferences; null for other tasks. */
  readonly judging: Judging | null;
}

/** How far the judge of a preference task can be believed. */
export interface Judging {
  readonly task: string;
  readonly judge: string | null;
  readonly standing: string;
  /** Share of pairs that keep their winner when the answers change places. */
  readonly consistency: Estimate | null;
  readonly pairs: number;
  readonly turned: number;
  readonly tied: number;
  readonly unreadable: number;
}

/** Tasks of a suite's result, in its order. */
export function tasksOf(result: unknown): readonly TaskResult[] {
  return listOf(fieldsOf(result)['tasks']).map((one, at) => {
    const task = fieldsOf(one);
    const id = textOf(task['id']) ?? `task ${at + 1}`;
    return {
      id,
      kind: textOf(task['kind']) ?? 'unknown',
      metrics: listOf(task['metrics']).map((metric) => metricOf(id, fieldsOf(metric))),
      gates: listOf(task['gates']).map((gate) => gateOf(id, fieldsOf(gate))),
      failures: listOf(task['failures']).map((failure, index) => failureOf(id, fieldsOf(failure), index)),
      judging: task['judging'] === undefined ? null : judgingOf(id, fieldsOf(task['judging'])),
    };
  });
}

function judgingOf(task: string, { judge, standing, consistency, pairs, firstBoth, secondBoth, tied, unreadable }: Fields): Judging {
  return {
    task,
    judge: textOf(judge),
    standing: textOf(standing) ?? 'unknown',
    consistency: estimateOf(consistency),
    pairs: numberOf(pairs) ?? 0,
    turned: (numberOf(firstBoth) ?? 0) + (numberOf(secondBoth) ?? 0),
    tied: numberOf(tied) ?? 0,
    unreadable: numberOf(unreadable) ?? 0,
  };
}

function metricOf(task: string, { name, unit, slice, better, candidate, reference, difference }: Fields): Metric {
  return {
    task,
    name: textOf(name) ?? 'value',
    unit: textOf(unit) ?? '',
    slice: sliceInWords(slice),
    better: better === 'lower' || better === 'higher' ? better : null,
    candidate: estimateOf(candidate),
    reference: estimateOf(reference),
    difference: differenceOf(difference),
  };
}

function differenceOf(value: unknown): Difference | null {
  const estimate = estimateOf(value);
  if (estimate === null) return null;
  const { p, pAdjusted } = fieldsOf(value);
  return { value: estimate.value, low: estimate.low, high: estimate.high, p: numberOf(p), pAdjusted: numberOf(pAdjusted) };
}

/** `{domain: 'german'}` as "domain german", `{domain: '*'}` as "each domain"; null for the whole. */
export function sliceInWords(slice: unknown): string | null {
  if (typeof slice === 'string') return slice;
  const labels = Object.entries(fieldsOf(slice));
  return labels.length === 0 ? null : labels.map(([name, value]) => (value === '*' ? `each ${name}` : `${name} ${String(value)}`)).join(', ');
}

function gateOf(task: string, gate: Fields): GateResult {
  const { metric, slice, value, outcome, detail } = gate;
  return {
    task,
    metric: textOf(metric) ?? 'value',
    slice: sliceInWords(slice),
    bound: boundInWords(gate),
    value: numberOf(value),
    outcome: textOf(outcome) ?? 'unknown',
    detail: textOf(detail) ?? '',
  };
}

const SIDES: Readonly<Record<string, string>> = { atMost: 'at most', atLeast: 'at least' };

/** "at most 0.02, against the reference". */
export function boundInWords({ side, bound, versus }: Fields): string {
  const limit = numberOf(bound);
  if (limit === null) return '';
  return `${typeof side === 'string' ? (SIDES[side] ?? side) : 'bound'} ${limit}${versus === 'reference' ? ', against the reference' : ''}`;
}

/** A gate as a suite writes it: "bits per byte at most 0.02, against the reference". */
export function gateInWords({ metric, atMost, atLeast, versus, ...rest }: Fields): string {
  const limits = [...(numberOf(atLeast) === null ? [] : [`at least ${String(atLeast)}`]), ...(numberOf(atMost) === null ? [] : [`at most ${String(atMost)}`])];
  const slice = sliceInWords(rest['slice']);
  return `${inWords(textOf(metric) ?? 'value')}${slice === null ? '' : ` of ${slice}`} ${limits.join(' and ')}${versus === 'reference' ? ', against the reference' : ''}`;
}

function failureOf(task: string, { item, detail, tokens }: Fields, at: number): Failure {
  return { task, item: typeof item === 'number' ? String(item) : (textOf(item) ?? String(at + 1)), detail: textOf(detail) ?? '', tokens: listOf(tokens).map((token) => tokenOf(fieldsOf(token))) };
}

function tokenOf({ row, token, context, layer, expert, gate, expected }: Fields): BrokenToken {
  const text = typeof token === 'string' ? token : '';
  return { row: numberOf(row), token: text, ...aroundToken(text, textOf(context) ?? ''), layer: numberOf(layer), expert: numberOf(expert), gate: numberOf(gate), expected: textOf(expected) };
}

/** What stands around a token in its context, where it is in [brackets]. Brackets of the text itself are told apart by what they hold. */
export function aroundToken(token: string, context: string): { readonly before: string; readonly after: string } {
  const marked = `[${token}]`;
  const at = context.indexOf(marked);
  return at < 0 ? { before: '', after: '' } : { before: context.slice(0, at), after: context.slice(at + marked.length) };
}
