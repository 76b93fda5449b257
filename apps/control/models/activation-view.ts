import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type ActivationState } from '#libs/governance/activation/activation-state';
import { hasConverged, processStatus } from '#libs/governance/activation/observed';
import { type ActivationEvent } from '#libs/store/activation/activation-history';
import { type ObservedModel, type ObservedProcess } from '#libs/store/activation/observed-activations';

export type DesiredBody = RouteOutput<typeof ROUTES.putActivation>;
type ObservedBody = RouteOutput<typeof ROUTES.getActivation>;
type ProcessBody = RouteOutput<typeof ROUTES.listProcesses>['items'][number];
type EventBody = RouteOutput<typeof ROUTES.getActivationHistory>['items'][number];

/** What a caller bound to a tenant may see: a canary that answers only another tenant does not concern them. */
export function seenBy<T extends DesiredBody>(body: T, tenant: string | null): T {
  const of = body.canary?.scope.segment?.tenant;
  return tenant === null || of === undefined || of === tenant ? body : { ...body, canary: null };
}

/** A model whose releases were never activated has generation 0. */
export function desiredBody(model: string, state: ActivationState | null, atMs: number | null): DesiredBody {
  return {
    model,
    releaseId: state?.stable ?? null,
    previousRelease: state?.previous ?? null,
    canary: state?.canary ? canaryBody(state.canary) : null,
    shadow: state?.shadow ?? null,
    generation: state?.generation ?? 0,
    activatedAt: atMs === null ? null : new Date(atMs).toISOString(),
  };
}

export function observedBody(desired: DesiredBody, processes: readonly ObservedProcess[], nowMs: number): ObservedBody {
  const observed = processes.flatMap((process) => process.models.filter(({ model }) => model === desired.model).map((one) => ({ ...processFields(process, nowMs), ...modelFields(one) })));
  return { ...desired, converged: hasConverged(processes, desired.model, desired.generation, nowMs), observed };
}

export function processBody(process: ObservedProcess, nowMs: number): ProcessBody {
  return { ...processFields(process, nowMs), models: process.models.map((one) => ({ model: one.model, ...modelFields(one) })) };
}

export function eventBody({ generation, atMs, command, actor, actorName, cause, reason, before, after }: ActivationEvent): EventBody {
  return { generation, at: new Date(atMs).toISOString(), command, actor, actorName, cause, reason, before: before && stateBody(before), after: after && stateBody(after) };
}

function stateBody({ stable, previous, canary, shadow, generation }: ActivationState): NonNullable<EventBody['after']> {
  return { releaseId: stable, previousRelease: previous, canary: canary && canaryBody(canary), shadow, generation };
}

function canaryBody({ scope, ...canary }: NonNullable<ActivationState['canary']>): NonNullable<DesiredBody['canary']> {
  const { segment, routeSlice } = scope;
  return { ...canary, scope: { segment, routeSlice: routeSlice && { ...routeSlice, experts: [...routeSlice.experts] } } };
}

function processFields(process: ObservedProcess, nowMs: number): Omit<ProcessBody, 'models'> {
  const { id, host, pid, version, startedAtMs, lastSeenAtMs } = process;
  return { processId: id, host, pid, version, startedAt: new Date(startedAtMs).toISOString(), lastSeenAt: new Date(lastSeenAtMs).toISOString(), status: processStatus(process, nowMs) };
}

function modelFields({ generation, state, detail, stable, canary, shadow, resident }: ObservedModel): Omit<ProcessBody['models'][number], 'model'> {
  return { observedGeneration: generation, state, detail, stable, canary, shadow, resident: [...resident] };
}
