import { type RunKind, type RunSpec } from '#libs/evaluation/run/run';
import { type Suite, type TaskKind } from '#libs/evaluation/suite/suite';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson } from '#libs/release/manifest-digest';
import { kindSettings } from './kind-settings.ts';
import { shapesDiffer, wrongOrder } from './evaluation-problems.ts';

/** The kind of task that each kind of run reads; a suite run reads all of them. */
const READS: Readonly<Record<Exclude<RunKind, 'suite'>, TaskKind>> = { attribution: 'likelihood', privacy: 'likelihood', concentration: 'safety', recalibration: 'likelihood' };

interface Order {
  readonly kind: RunKind;
  readonly candidate: { readonly releaseId: string; readonly manifest: ReleaseManifest };
  readonly reference: { readonly releaseId: string; readonly manifest: ReleaseManifest } | null;
  readonly suite: { readonly digest: string; readonly suite: Suite };
  readonly settings: RunSpec['settings'];
}

/**
 * What shall be measured, with all defaults written out.
 * @throws ProblemError naming the field that does not go with the kind; EvaluationError naming a setting
 */
export function specOf({ kind, candidate, reference, suite, settings }: Order): RunSpec {
  if (kind === 'attribution' && reference === null) throw wrongOrder('reference', 'an attribution needs the release that was good: give it.');
  if (kind !== 'suite' && kind !== 'attribution' && reference !== null) throw wrongOrder('reference', `a run of kind ${kind} is of one release: leave it out.`);
  if (reference !== null && !sameShape(candidate.manifest, reference.manifest)) throw shapesDiffer('reference');
  if (kind !== 'suite' && !suite.suite.tasks.some((task) => task.kind === READS[kind])) throw wrongOrder('suite', `a run of kind ${kind} reads tasks of kind ${READS[kind]}, and the suite has none: give one that has.`);
  return { format: 'signalbox.evaluation/1', kind, candidate: candidate.releaseId, reference: reference?.releaseId ?? null, suite: suite.digest, settings: kindSettings(kind, settings) };
}

function sameShape(a: ReleaseManifest, b: ReleaseManifest): boolean {
  return a.architecture === b.architecture && canonicalJson(a.shape) === canonicalJson(b.shape);
}
