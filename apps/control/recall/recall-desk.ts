import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { decideRecall } from '#libs/governance/activation/decide-recall';
import { namedReleases } from '#libs/governance/activation/activation-state';
import { type GateCause } from '#libs/governance/change/activation-gate';
import { type OverrideWish } from '#libs/governance/protection/decide-protection';
import { takenByRecall } from '#libs/governance/protection/takings';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Principal } from '#libs/platform/auth/scopes';
import { type Sha256 } from '#libs/release/component';
import { stateOf, type StoredActivation } from '#libs/store/activation/activation-row';
import { type ActivationAct } from '#libs/store/activation/activation-writer';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { auditOf } from '../http/audited.ts';
import { type ActingCaller } from '../models/activation-desk.ts';
import { type GuardedAct, ProtectionGuard } from '../protection/protection-guard.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { RECALLS, type RecallsPort, type RecallUnitPort } from './recall-port.ts';

export interface RecallContext {
  readonly caller: ActingCaller & Partial<Pick<Principal, 'issuedBy' | 'permissions'>>;
  readonly reason: string;
  /** Stop a model for which nothing is left. */
  readonly force: boolean;
  readonly cause: GateCause;
  /** The change that it comes from. */
  readonly causeId?: string;
  /** For a version that serves as a protected expert. A change has its own. */
  readonly override?: OverrideWish | null;
  /** Model of the change that it comes from: what protects its experts was judged there, and that of others was not. */
  readonly judgedFor?: string;
}

export interface MovedModel {
  readonly model: string;
  readonly outcome: 'stable-replaced' | 'candidates-ended' | 'way-back-closed' | 'stopped';
  readonly releaseId: string | null;
  readonly generation: number;
}

export interface RecallOutcome {
  readonly atMs: number;
  readonly models: readonly MovedModel[];
}

/** Withdraws component versions. Never locked, as a recall is a way back: what protects experts lets an emergency through. */
@Injectable()
export class RecallDesk {
  constructor(
    @Inject(RECALLS) private readonly recalls: RecallsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
    private readonly guard: ProtectionGuard,
  ) {}

  /** Marks the version, moves every model and audits each, in one transaction. @throws ProblemError 404, or 409 where it cannot be */
  async recall(sha256: Sha256, context: RecallContext): Promise<RecallOutcome> {
    return this.recalls.transaction(async (unit) => {
      const { audits, ...outcome } = await this.#run(unit, sha256, context);
      for (const audit of audits) await unit.append(audit);
      return outcome;
    });
  }

  /** The same as part of another's transaction, which must append the audit entries as its last acts. */
  async recallWithin(manager: EntityManager, sha256: Sha256, context: RecallContext): Promise<RecallOutcome & { readonly audits: readonly AuditEntry[] }> {
    return this.#run(this.recalls.unit(manager), sha256, context);
  }

  async #run(unit: RecallUnitPort, sha256: Sha256, context: RecallContext): Promise<RecallOutcome & { readonly audits: readonly AuditEntry[] }> {
    const { caller, reason, cause, causeId } = context;
    const atMs = this.settings.now();
    const marked = await unit.mark({ sha256, atMs, by: caller.accountId, reason });
    if (marked === 'unknown') throw componentNotFound();
    if (marked === 'recalled-before') throw new ProblemError({ status: 409, code: 'already_recalled', title: 'It is recalled already', detail: `GET /api/v1/components/${sha256}/recall tells by whom, and what it touched.`, field: 'sha256' });
    const detail = { cause, ...(causeId === undefined ? {} : { causeId }), sha256 };
    const moved: MovedModel[] = [];
    const overrides: AuditEntry[] = [];
    const audits: AuditEntry[] = [{ ...auditOf(caller, atMs, 'component.recall', `component/${sha256}`, { ...detail, force: context.force }), before: { recalled: false }, after: { recalled: true }, reason }];
    for (const before of await unit.activations()) {
      const one = await this.#move(unit, sha256, before, context, atMs);
      if (!one) continue;
      moved.push(one.moved);
      overrides.push(...one.overrides);
      const audit = { ...auditOf(caller, atMs, 'activation.recall', `model/${before.model}`, { ...detail, outcome: one.moved.outcome }), before: stateOf(before), reason };
      audits.push(one.after === null ? audit : { ...audit, after: one.after });
    }
    return { atMs, models: moved, audits: [...audits, ...overrides] };
  }

  async #move(unit: RecallUnitPort, sha256: Sha256, before: StoredActivation, { caller, reason, cause, force, override = null, judgedFor }: RecallContext, atMs: number): Promise<{ readonly moved: MovedModel; readonly after: unknown; readonly overrides: readonly AuditEntry[] } | null> {
    const { model } = before;
    const formerStable = await unit.formerStable(model);
    const withdrawn = await unit.withdrawn([...namedReleases(before), ...formerStable]);
    const decision = decideRecall(before, { isWithdrawn: (releaseId) => withdrawn.has(releaseId), formerStable, force });
    if (decision.decision === 'keep') return null;
    if (decision.decision === 'refuse') throw new ProblemError({ status: 409, code: 'nothing_left', title: 'Nothing is left that may answer', detail: decision.detail, field: 'force' });
    const act: ActivationAct = { command: 'recall', actor: caller.accountId, actorName: caller.name, cause, reason };
    if (decision.decision === 'stop') {
      await unit.stop(before, act, atMs);
      // What answers nothing cannot fail to refuse.
      return { moved: { model, outcome: 'stopped', releaseId: null, generation: 0 }, after: null, overrides: [] };
    }
    const isGuarded = decision.reason === 'stable-replaced' && cause !== 'broken-glass' && model !== judgedFor;
    const takings: GuardedAct['takings'] = (guarded, serving) => takenByRecall(sha256, serving, guarded);
    const overrides = isGuarded ? await this.guard.pass(unit.manager, { model, act: 'recall', releaseId: decision.next.stable, takings, wish: cause === 'direct' ? override : undefined }, caller) : [];
    const written = await unit.write({ next: decision.next, expectedGeneration: before.generation, atMs, act });
    if (written.outcome === 'stale') throw new Error(`the activation of ${model} changed under the lock of a recall`);
    return { moved: { model, outcome: decision.reason, releaseId: written.state.stable, generation: written.state.generation }, after: written.state, overrides };
  }
}

export function componentNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'component_not_found', title: 'No such component version', detail: 'GET /api/v1/components lists them.', field: 'sha256' });
}
