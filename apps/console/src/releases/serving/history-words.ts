import { type ActivationEvent, type ActivationState } from '../../api/gen/types.gen.ts';
import { formatPercent, shortId } from '../../ui/format.ts';

/** What a write changed of what serves, a line each. */
export function changesOf({ before, after }: Pick<ActivationEvent, 'before' | 'after'>): string[] {
  if (after === null) return [`the model was stopped; ${short(before?.releaseId)} answers no longer`];
  return [
    ...(before?.releaseId === after.releaseId ? [] : [`stable: ${short(before?.releaseId)} → ${short(after.releaseId)}`]),
    ...canaryChange(before?.canary ?? null, after.canary),
    ...shadowChange(before?.shadow ?? null, after.shadow),
    ...((before?.previousRelease ?? null) === after.previousRelease ? [] : [`way back: ${short(after.previousRelease)}`]),
  ];
}

function canaryChange(before: ActivationState['canary'], after: ActivationState['canary']): string[] {
  if (after === null) return before === null ? [] : [`canary ${short(before.releaseId)} ended at ${formatPercent(before.share)}`];
  if (before === null || before.releaseId !== after.releaseId || before.salt !== after.salt) return [`canary ${short(after.releaseId)} at ${formatPercent(after.share)}, by ${after.stickyBy}`];
  return before.share === after.share ? [] : [`canary ${short(after.releaseId)}: ${formatPercent(before.share)} → ${formatPercent(after.share)}`];
}

function shadowChange(before: ActivationState['shadow'], after: ActivationState['shadow']): string[] {
  if (after === null) return before === null ? [] : [`shadow ${short(before.releaseId)} ended`];
  if (before?.releaseId !== after.releaseId) return [`shadow ${short(after.releaseId)} on ${formatPercent(after.share)} of the answers`];
  return before.share === after.share ? [] : [`shadow ${short(after.releaseId)}: ${formatPercent(before.share)} → ${formatPercent(after.share)}`];
}

function short(releaseId: string | null | undefined): string {
  return releaseId === null || releaseId === undefined ? 'none' : shortId(releaseId);
}
