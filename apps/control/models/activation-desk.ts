import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type ActivationCommand, type ActivationState, namedReleases } from '#libs/governance/activation/activation-state';
import { type ActivationFacts, type ApplyReason, decideActivation, type PartialRollback } from '#libs/governance/activation/decide-activation';
import { decideGate, type GateCause } from '#libs/governance/change/activation-gate';
import { takenByRelease } from '#libs/governance/protection/takings';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { auditOf } from '../http/audited.ts';
import { ProtectionGuard } from '../protection/protection-guard.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ACTIVATIONS, type ActivationsPort, type ActivationUnitPort, GOVERNANCE_MODE, type GovernanceModePort } from './activation-ports.ts';
import { changeRequired, generationChanged, refusedCommand } from './activation-problems.ts';
import { type ComposedRollback, composeRollback } from './compose-rollback.ts';

/** On whose behalf. */
export type ActingCaller = Pick<Principal, 'accountId' | 'name' | 'keyId'>;

export interface CommandContext {
  /** The generation that the caller saw; left out: whatever is there, for ways back. */
  readonly expectedGeneration?: number;
  readonly caller: ActingCaller;
  /** Why, in the caller's words. */
  readonly reason: string | null;
  readonly cause: GateCause;
  /** The change or rollout that it comes from. */
  readonly causeId?: string;
}

export interface CommandOutcome {
  readonly state: ActivationState;
  readonly reason: ApplyReason;
  readonly atMs: number;
}

/** Changes what answers for a model. */
@Injectable()
export class ActivationDesk {
  constructor(
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    @Inject(GOVERNANCE_MODE) private readonly modes: GovernanceModePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
    private readonly guard: ProtectionGuard,
  ) {}

  /**
   * Decides, writes and audits a command in one transaction.
   * @throws ProblemError 412 naming what changed since `expectedGeneration`, or the reason it is refused
   */
  async command(model: string, command: ActivationCommand, context: CommandContext): Promise<CommandOutcome> {
    return this.activations.transaction(async (unit) => {
      const { audit, ...outcome } = await this.#run(unit, model, command, context);
      await unit.append(audit);
      return outcome;
    });
  }

  /** The same as part of another's transaction, which must append the audit entry as its last act. */
  async commandWithin(manager: EntityManager, model: string, command: ActivationCommand, context: CommandContext): Promise<CommandOutcome & { readonly audit: AuditEntry }> {
    return this.#run(this.activations.unit(manager), model, command, context);
  }

  async #run(unit: ActivationUnitPort, model: string, command: ActivationCommand, context: CommandContext): Promise<CommandOutcome & { readonly audit: AuditEntry }> {
    const before = await unit.lock(model);
    const generation = before?.generation ?? 0;
    const stale = async (now: number): Promise<Error> => generationChanged(now, await unit.lastEvent(model));
    if (context.expectedGeneration !== undefined && context.expectedGeneration !== generation) throw await stale(generation);
    const composed = command.type === 'rollback' && command.part !== undefined && before ? await composeRollback(unit, before, command.part) : null;
    const gate = decideGate(await this.modes.modeOf(model, unit.manager), command.type, context.cause, !composed?.compatible || composed.hasServed);
    if (!gate.allowed) throw changeRequired(model, command.type, command.type === 'promote' && before?.canary ? await unit.changeOf(model, before.canary.releaseId) : null);
    const decision = decideActivation(before, command, await this.#facts(unit, model, before, command, composed));
    if (decision.decision === 'refuse') throw refusedCommand(decision.reason, decision.detail);

    // What a change or a rollout leads to is judged where that is decided.
    if (context.cause === 'direct' && context.causeId === undefined && before) await this.#assertKeeps(unit, before, releaseToAnswer(command), context.caller);
    const atMs = this.settings.now();
    const { caller, reason, cause } = context;
    if (composed && decision.reason === 'part-rolled-back') {
      await unit.saveRelease({ ...composed.release, createdAtMs: atMs, origin: { ...composed.origin, createdBy: caller.accountId, note: reason ?? '' } });
    }
    const act = { command: command.type, actor: caller.accountId, actorName: caller.name, cause, reason };
    const written = await unit.write({ next: decision.next, expectedGeneration: generation, atMs, act });
    // Only a first activation can meet another here: there was no row to lock.
    if (written.outcome === 'stale') throw await stale(1);
    const detail = { cause, ...(context.causeId === undefined ? {} : { causeId: context.causeId }), decision: decision.reason, gate: gate.reason, command };
    const audit: AuditEntry = {
      ...auditOf(caller, atMs, `activation.${command.type}`, `model/${model}`, detail),
      ...(before ? { before: stateIn(before) } : {}),
      after: written.state,
      ...(reason === null ? {} : { reason }),
    };
    return { state: written.state, reason: decision.reason, atMs, audit };
  }

  /** @throws ProblemError where a release takes a protected expert of the stable one away */
  async #assertKeeps(unit: ActivationUnitPort, { model, stable }: Pick<ActivationState, 'model' | 'stable'>, releaseId: string | null, caller: ActingCaller): Promise<void> {
    if (releaseId === null) return;
    const releases = await unit.releases([stable, releaseId]);
    const [before, after] = [releases.get(stable)?.manifest, releases.get(releaseId)?.manifest];
    if (before && after) await this.guard.pass(unit.manager, { model, act: 'activation', releaseId, takings: (guarded) => takenByRelease(before, after, guarded), wish: undefined }, caller);
  }

  async #facts(unit: ActivationUnitPort, model: string, before: ActivationState | null, command: ActivationCommand, composed: ComposedRollback | null): Promise<ActivationFacts> {
    const named = [...(before ? namedReleases(before) : []), ...releaseOf(command), ...(composed ? [composed.release.releaseId] : [])];
    const releases = await unit.releases(named);
    const recalled = await unit.recalled(named);
    const partial: PartialRollback | null = composed && { releaseId: composed.release.releaseId, compatible: composed.compatible, finding: composed.finding };
    return {
      model,
      partial,
      release: (releaseId) => {
        const known = releases.get(releaseId);
        if (known) return { model: known.model, recalled: recalled.filter((one) => one.releaseId === releaseId) };
        // Not saved yet, but made of two releases of this model.
        return composed?.release.releaseId === releaseId ? { model, recalled: composed.recalled } : null;
      },
    };
  }
}

/** The release that a command lets answer requests that another answered; null: it lets none. Ways back are never locked. */
function releaseToAnswer(command: ActivationCommand): string | null {
  return command.type === 'activate' || command.type === 'start-canary' ? (releaseOf(command)[0] ?? null) : null;
}

function releaseOf(command: ActivationCommand): readonly string[] {
  if (command.type === 'activate') return [command.releaseId];
  if (command.type === 'start-canary') return [command.canary.releaseId];
  return command.type === 'start-shadow' ? [command.shadow.releaseId] : [];
}

function stateIn({ model, stable, previous, canary, shadow, generation }: ActivationState): ActivationState {
  return { model, stable, previous, canary, shadow, generation };
}
