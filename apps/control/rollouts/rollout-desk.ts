import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type GateCause } from '#libs/governance/change/activation-gate';
import { decideStep } from '#libs/governance/rollout/decide-step';
import { startEvidence } from '#libs/governance/rollout/evidence';
import { takenByRelease } from '#libs/governance/protection/takings';
import { type ChangedExpert, type RolloutPlan } from '#libs/governance/rollout/plan';
import { type Rollout } from '#libs/governance/rollout/rollout';
import { parseComponentName } from '#libs/release/component';
import { diffManifests } from '#libs/release/release-diff';
import { appendAudit, type AuditEntry } from '#libs/store/audit/audit-log';
import { type ActingCaller } from '../models/activation-desk.ts';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { modelNotFound } from '../models/activation-problems.ts';
import { ProtectionGuard } from '../protection/protection-guard.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { assertPlan } from './plan-input.ts';
import { type ActContext, RolloutActs, type RolloutChange } from './rollout-acts.ts';
import { candidateNotFound, rolloutNotFound, rolloutRunning, wrongState } from './rollout-problems.ts';
import { countVerdict } from './rollout-figures.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from './rollout-records.ts';
import { progressOf } from './rollout-runner.ts';

export interface StartContext {
  readonly caller: ActingCaller;
  readonly cause: GateCause;
  /** The approved change that it comes from. */
  readonly changeId?: string;
  /** Why, in the caller's words. */
  readonly reason?: string | null;
}

export interface StartedRollout {
  readonly rollout: Rollout;
  /** To be appended as the last acts of the transaction that was given; empty when there was none. */
  readonly audits: readonly AuditEntry[];
}

/** Starts rollouts, and what people do with them. */
@Injectable()
export class RolloutDesk {
  constructor(
    @Inject(ROLLOUT_RECORDS) private readonly records: RolloutRecords,
    private readonly acts: RolloutActs,
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
    private readonly guard: ProtectionGuard,
  ) {}

  /**
   * Starts a rollout with the canary or shadow of its first step, in the given transaction or one of its own.
   * @throws ProblemError 400 naming a field of the plan; 403, 404 or 409 where it cannot start
   */
  async start(manager: EntityManager | null, plan: RolloutPlan, context: StartContext): Promise<StartedRollout> {
    assertPlan(plan);
    if (manager) return this.#start(manager, plan, context);
    return this.records.rollouts.transaction(async (own) => {
      const { rollout, audits } = await this.#start(own, plan, context);
      for (const audit of audits) await appendAudit(own, audit);
      return { rollout, audits: [] };
    });
  }

  async pause(id: string, caller: ActingCaller, note: string | null): Promise<void> {
    await this.#act(id, 'pause', ['running'], caller, note, (manager, rollout, context) => this.acts.pause(manager, rollout, context));
  }

  async resume(id: string, caller: ActingCaller, note: string | null): Promise<void> {
    await this.#act(id, 'resume', ['paused'], caller, note, (manager, rollout, context) => this.acts.resume(manager, rollout, context));
  }

  async abort(id: string, caller: ActingCaller, note: string | null): Promise<void> {
    await this.#act(id, 'abort', ['running', 'paused'], caller, note, async (manager, rollout, context) => {
      const activation = await this.activations.unit(manager).lock(rollout.model);
      return this.acts.withdraw(manager, rollout, activation, 'aborted', context);
    });
  }

  async #start(manager: EntityManager, plan: RolloutPlan, { caller, cause, changeId, reason = null }: StartContext): Promise<StartedRollout> {
    const unit = this.activations.unit(manager);
    const activation = await unit.lock(plan.model);
    if (!activation) throw modelNotFound();
    const releases = await unit.releases([activation.stable, plan.candidate]);
    const [stable, candidate] = [releases.get(activation.stable), releases.get(plan.candidate)];
    if (!stable || candidate?.model !== plan.model) throw candidateNotFound(plan.model);
    if (cause === 'direct') await this.guard.pass(manager, { model: plan.model, act: 'rollout', releaseId: plan.candidate, takings: (guarded) => takenByRelease(stable.manifest, candidate.manifest, guarded), wish: undefined }, caller);
    const atMs = this.settings.now();
    const rollout: Rollout = {
      id: randomUUID(), model: plan.model, candidate: plan.candidate, stable: activation.stable, plan, cause, changeId: changeId ?? null,
      startedBy: { accountId: caller.accountId, name: caller.name },
      state: 'running', reason: 'started', step: 0, stepStartedAtMs: atMs,
      changedExperts: changedExperts(stable.manifest, candidate.manifest),
      evidence: startEvidence(plan, stable.manifest.shape.layers),
      activationGeneration: activation.generation, version: 1, createdAtMs: atMs, updatedAtMs: atMs, endedAtMs: null,
    };
    const begun = await this.acts.begin(manager, rollout, caller, reason);
    if (begun === 'already-under-way') throw rolloutRunning(plan.model);
    return begun;
  }

  async #act(
    id: string,
    name: 'pause' | 'resume' | 'abort',
    from: readonly Rollout['state'][],
    caller: ActingCaller,
    note: string | null,
    work: (manager: EntityManager, rollout: Rollout, context: ActContext) => Promise<RolloutChange>,
  ): Promise<void> {
    const written = await this.records.rollouts.transaction(async (manager) => {
      const rollout = await this.records.rollouts.lock(manager, id);
      if (!rollout) throw rolloutNotFound();
      if (!from.includes(rollout.state)) throw wrongState(name, rollout.state);
      const atMs = this.settings.now();
      const { figures } = decideStep(rollout.plan, progressOf(rollout), rollout.evidence, atMs);
      const kind = name === 'pause' ? 'pause' : name === 'resume' ? 'wait' : 'end';
      const { audits, verdict } = await work(manager, rollout, { caller, atMs, reason: `${name === 'abort' ? 'aborted' : `${name}d`}-by-hand`, guard: null, verdict: kind, figures: { ...figures, missing: null }, note });
      for (const audit of audits) await appendAudit(manager, audit);
      return verdict;
    });
    countVerdict(written);
  }
}

function changedExperts(...[stable, candidate]: Parameters<typeof diffManifests>): readonly ChangedExpert[] {
  return diffManifests(stable, candidate).components.flatMap(({ name, after }) => {
    const parsed = parseComponentName(name);
    return after !== null && parsed?.kind === 'expert' ? [{ name, layer: parsed.layer, index: parsed.index }] : [];
  });
}
