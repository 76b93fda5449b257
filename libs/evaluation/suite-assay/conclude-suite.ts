import { adjustedP } from '#libs/stats/paired/adjust';
import { compareMetric } from '../compare/compare-metric.ts';
import { compareSettings, type CompareSettings } from '../compare/compare-settings.ts';
import { doubtJudge } from '../compare/doubt-judge.ts';
import { judgeGates } from '../compare/judge-gates.ts';
import { judgeConsistency } from '../grade/judge-consistency.ts';
import { judgeAssertion } from '../routes/judge-assertion.ts';
import { type SeenItem } from '../routes/seen-item.ts';
import { type RunInputs } from '../run/assay.ts';
import { type GateResult, type MetricResult, type SuiteResult, type TaskResult, type Verdict } from '../run/result.ts';
import { graderOf } from '../suite/grader.ts';
import { type Task, type TaskKind } from '../suite/suite.ts';
import { type MeasuredItem, type Part } from './part.ts';
import { routingByClass } from './routing-by-class.ts';
import { taskFailures } from './task-failures.ts';
import { clockSamples, taskSamples } from './task-samples.ts';

type Sides<K extends TaskKind> = { readonly candidate: readonly MeasuredItem<K>[]; readonly reference: readonly MeasuredItem<K>[] | null };

/** Result of a run of kind `suite`, of the parts of its steps in the order of its plan. */
export function concludeSuite({ spec, suite, reference, judge }: Pick<RunInputs, 'spec' | 'suite' | 'reference' | 'judge'>, parts: readonly Part[]): SuiteResult {
  const settings = compareSettings(spec.settings);
  const isSame = spec.candidate === spec.reference;
  const queue = [...parts];
  const tasks: TaskResult[] = [];
  const clock: { id: string; metrics: readonly MetricResult[] }[] = [];
  for (const task of suite.tasks) {
    const candidate = takeItems(queue, task);
    // The same release is measured once: equal keys, equal parts.
    const sides = { candidate, reference: reference && task.kind !== 'preference' ? takeItems(queue, task) : null };
    tasks.push(task.kind === 'preference' ? preferenceResult(task, candidate as readonly MeasuredItem<'preference'>[], settings, judge?.model ?? null) : taskResult(task, sides, settings, isSame));
    if (task.kind === 'performance') clock.push({ id: task.id, metrics: clockMetrics(sides as Sides<'performance'>, settings) });
  }
  if (queue.length > 0) throw new Error(`${queue.length} parts are left over: they are not those of this plan`);
  const adjusted = withAdjustedP(tasks, settings);
  const gates = adjusted.flatMap(({ id, gates: ofTask }) => ofTask.map((gate) => ({ id, gate })));
  const verdict = verdictOf(gates);
  return {
    format: 'signalbox.result/1',
    kind: 'suite',
    candidate: spec.candidate,
    reference: spec.reference,
    suite: spec.suite,
    verdict,
    summary: summaryOf(suite.name, gates.map(({ gate }) => gate), adjusted),
    tasks: adjusted,
    ...(clock.length > 0 && { measured: { tasks: clock } }),
  };
}

/** The items of one task and side, off the front of the parts. */
function takeItems(queue: Part[], { id, kind }: Task): readonly MeasuredItem[] {
  const items: MeasuredItem[] = [];
  for (;;) {
    const part = queue.shift();
    if (part?.kind !== kind) throw new Error(`a part of task ${id} is missing`);
    items.push(...part.items);
    if (items.length >= part.of) return items;
  }
}

function taskResult(task: Task, { candidate, reference }: Sides<TaskKind>, settings: CompareSettings, isSame: boolean): TaskResult {
  const { id, kind } = task;
  if (kind === 'routes') return routesResult(task as Task & { kind: 'routes' }, { candidate, reference } as unknown as Sides<'routes'>);
  // The items are those of the task's kind: takeItems has looked.
  const samples = taskSamples(kind, candidate as never, reference as never);
  const metrics = samples.flatMap((one) => compareMetric({ ...one, isSame: isSame && reference !== null }, settings));
  return {
    id,
    kind,
    metrics,
    gates: judgeGates(task.gates, metrics),
    failures: taskFailures(kind, candidate, reference),
    ...(kind === 'safety' && { routing: routingByClass(candidate as readonly MeasuredItem<'safety'>[], reference as readonly MeasuredItem<'safety'>[] | null) }),
  };
}

function routesResult(task: Task & { readonly kind: 'routes' }, { candidate, reference }: Sides<'routes'>): TaskResult {
  const { assertions } = graderOf(task);
  const judged = assertions.map((assertion, at) => {
    const seenBy = (items: readonly MeasuredItem<'routes'>[]): SeenItem[] => items.flatMap(({ line, observations }) => (observations[at] ? [{ line, ...observations[at] }] : []));
    return judgeAssertion(assertion, seenBy(candidate), reference && seenBy(reference));
  });
  return { id: task.id, kind: task.kind, metrics: judged.flatMap(({ metrics }) => metrics), gates: judged.flatMap(({ gates }) => gates), failures: judged.flatMap(({ failures }) => failures) };
}

/** A task whose verdicts are a judge's: with how far it can be believed. */
function preferenceResult(task: Task, candidate: readonly MeasuredItem<'preference'>[], settings: CompareSettings, judge: string | null): TaskResult {
  const result = taskResult(task, { candidate, reference: null }, settings, false);
  const judging = { judge, ...judgeConsistency(candidate.map(({ verdicts }) => verdicts)) };
  return { ...result, gates: doubtJudge(result.gates, result.metrics, judging.standing), judging };
}

function clockMetrics({ candidate, reference }: Sides<'performance'>, settings: CompareSettings): MetricResult[] {
  return clockSamples(candidate, reference).flatMap((samples) => compareMetric(samples, settings));
}

/** Every test of the run counts, slices too. */
function withAdjustedP(tasks: readonly TaskResult[], { adjust }: CompareSettings): TaskResult[] {
  const pValues = tasks.flatMap(({ metrics }) => metrics.flatMap(({ difference }) => difference?.p ?? []));
  const adjusted = adjustedP(pValues, adjust);
  let at = 0;
  return tasks.map((task) => ({
    ...task,
    metrics: task.metrics.map((metric) => {
      if (typeof metric.difference?.p !== 'number') return metric;
      const pAdjusted = adjusted[at]!;
      at += 1;
      return { ...metric, difference: { ...metric.difference, pAdjusted } };
    }),
  }));
}

function verdictOf(gates: readonly { readonly id: string; readonly gate: GateResult }[]): Verdict {
  const said = (outcome: GateResult['outcome']): Verdict['reasons'] => gates.filter(({ gate }) => gate.outcome === outcome).map(({ id, gate }) => ({ reason: gate.reason, detail: `${id}: ${gate.detail}` }));
  const failed = said('fail');
  const open = said('inconclusive');
  if (failed.length > 0) return { outcome: 'fail', reasons: [...failed, ...open] };
  if (open.length > 0) return { outcome: 'inconclusive', reasons: open };
  if (gates.length === 0) return { outcome: 'inconclusive', reasons: [{ reason: 'no-gates', detail: 'The suite has no gates, so it measures and decides nothing.' }] };
  return { outcome: 'pass', reasons: [{ reason: 'all-gates-kept', detail: `All ${gates.length} gates are kept.` }] };
}

function summaryOf(name: string, gates: readonly GateResult[], tasks: readonly TaskResult[]): string {
  const count = (outcome: GateResult['outcome']): number => gates.filter((gate) => gate.outcome === outcome).length;
  const changed = tasks.flatMap(({ metrics }) => metrics).filter(({ difference }) => (difference?.pAdjusted ?? 1) < 0.05);
  const worse = changed.filter(({ difference, better }) => (better === 'lower') === difference!.value > 0).length;
  const compared = tasks.some(({ metrics }) => metrics.some(({ difference }) => difference)) ? ` Against the reference ${changed.length - worse} figures are better and ${worse} worse (adjusted p below 0.05).` : '';
  return `Suite ${name}: ${gates.length} gates, ${count('pass')} kept, ${count('fail')} broken, ${count('inconclusive')} undecided.${compared}`;
}
