import { type ActivationState } from '#libs/governance/activation/activation-state';
import { type ObservedModel } from '#libs/store/activation/observed-activations';
import { type TakenModel } from './model-plan.ts';

/** Longest reason that is told; the log has all of it. */
const MAX_DETAIL = 500;

/**
 * What this process tells of a model.
 * @param failures why releases did not load, by release
 */
export function observeModel(activation: ActivationState, taken: TakenModel | null, resident: ReadonlySet<string>, failures: ReadonlyMap<string, string>): ObservedModel {
  const { model, stable, canary, shadow, previous } = activation;
  const why = (role: string, releaseId: string | null | undefined): string[] => {
    const message = typeof releaseId === 'string' && !resident.has(releaseId) ? failures.get(releaseId) : undefined;
    return message === undefined ? [] : [`${role} ${releaseId} does not load: ${message}`];
  };
  const failed = [...why('stable', stable), ...why('canary', canary?.releaseId), ...why('shadow', shadow?.releaseId)];
  // A way back that is not at hand is told, but nothing that shall serve is missing.
  const details = [...failed, ...why('previous', previous)];
  const isReady = taken?.generation === activation.generation;
  return {
    model,
    generation: taken?.generation ?? 0,
    state: isReady ? 'ready' : failed.length > 0 ? 'failed' : 'loading',
    detail: details.length === 0 ? null : details.join('; ').slice(0, MAX_DETAIL),
    stable: taken?.stable ?? null,
    canary: taken?.canary?.releaseId ?? null,
    shadow: taken?.shadow?.releaseId ?? null,
    resident: [...resident],
  };
}
