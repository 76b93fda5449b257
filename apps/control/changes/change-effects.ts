import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type ActivationCommand } from '#libs/governance/activation/activation-state';
import { type Strategy } from '#libs/governance/change/change-payload';
import { type ChangeEffect } from '#libs/governance/change/change-request';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { diffManifests } from '#libs/release/release-diff';
import { type ReleaseManifest } from '#libs/release/manifest';
import { summariseDiff } from '#libs/release/release-summary';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { componentSizes } from '#libs/store/changes/plan-facts';
import { ActivationDesk } from '../models/activation-desk.ts';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { RolloutDesk } from '../rollouts/rollout-desk.ts';
import { type EffectContext, type Performed } from './effect.ts';
import { SettingsEffects } from './settings-effects.ts';

/** Does what changes ask for. */
@Injectable()
export class ChangeEffects {
  constructor(
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    private readonly desk: ActivationDesk,
    private readonly rollouts: RolloutDesk,
    private readonly settings: SettingsEffects,
  ) {}

  /** @throws ProblemError where the state refuses it, such as a canary that runs; then nothing is written */
  async perform(manager: EntityManager, stored: StoredChange, context: EffectContext): Promise<Performed> {
    const { effect } = stored.change;
    if (effect.kind === 'release') return this.#release(manager, stored, effect, context);
    return this.settings.perform(manager, stored, effect, context);
  }

  /** Makes the canary of a change the stable release. */
  async promote(manager: EntityManager, stored: StoredChange, releaseId: string, model: string, context: Omit<EffectContext, 'facts'>): Promise<Performed> {
    const activation = await this.activations.unit(manager).lock(model);
    if (activation?.canary?.releaseId !== releaseId) throw notItsCanary(model);
    const { state, audit } = await this.desk.commandWithin(manager, model, { type: 'promote' }, { ...this.#acting(stored, context), expectedGeneration: activation.generation });
    return { outcome: { promotedGeneration: state.generation }, isOver: true, audits: [audit] };
  }

  async #release(manager: EntityManager, stored: StoredChange, effect: Extract<ChangeEffect, { kind: 'release' }>, context: EffectContext): Promise<Performed> {
    const { facts, caller } = context;
    const { model, releaseId, strategy } = effect;
    if (!facts.plan.planned || facts.plan.manifest === null) throw new Error('a release effect without a plan');
    // Held from here on: what was judged is what is changed.
    const held = await this.activations.unit(manager).lock(model);
    if ((held?.generation ?? 0) !== facts.activationGeneration) throw movedMeanwhile(model);
    const saved = await this.#save(manager, stored, effect, facts.plan.manifest, context);
    if (strategy.kind === 'rollout') {
      if (context.cause === 'broken-glass') throw noEmergency();
      const reason = `change ${stored.number}: ${stored.change.title}`;
      const { rollout, audits } = await this.rollouts.start(manager, { ...strategy.plan, model, candidate: releaseId }, { caller, cause: 'approved-rollout', changeId: stored.change.id, reason });
      return { outcome: { releaseId, rollout: rollout.id, madeRelease: saved !== null }, isOver: false, audits: [...(saved ? [saved] : []), ...audits] };
    }
    const acting = { ...this.#acting(stored, context), expectedGeneration: facts.activationGeneration };
    const { state, audit } = await this.desk.commandWithin(manager, model, commandOf(releaseId, strategy), acting);
    return {
      outcome: { releaseId, generation: state.generation, madeRelease: saved !== null, ...(strategy.kind === 'canary' ? { canaryShare: strategy.share } : {}) },
      isOver: strategy.kind === 'at-once',
      audits: [...(saved ? [saved] : []), audit],
    };
  }

  /** Saves the release that the change composes; null where it was there. */
  async #save(manager: EntityManager, { change, number }: StoredChange, { model, releaseId }: Extract<ChangeEffect, { kind: 'release' }>, manifest: ReleaseManifest, { caller, facts }: EffectContext): Promise<AuditEntry | null> {
    const unit = this.activations.unit(manager);
    if ((await unit.releases([releaseId])).has(releaseId)) return null;
    const parent = String(change.base['stable'] ?? '');
    const base = (await unit.releases([parent])).get(parent)?.manifest;
    const diff = base ? diffManifests(base, manifest) : null;
    const summary = diff ? summariseDiff(diff, manifest) : change.title;
    await unit.saveRelease({
      releaseId, model, manifest, importedFrom: 'composed', createdAtMs: facts.nowMs, sizesBytes: await componentSizes(manager, Object.values(manifest.components)),
      origin: { parentRelease: parent, kind: diff?.kind ?? null, summary, createdBy: caller.accountId, note: `Change ${number}: ${change.title}` },
    });
    return { atMs: facts.nowMs, actor: caller.accountId, action: 'release.compose', subject: `release/${releaseId}`, detail: { actorName: caller.name, causeId: change.id, model, parent, summary }, requestId: null };
  }

  #acting({ change, number }: StoredChange, { caller, cause }: Omit<EffectContext, 'facts'>) {
    return { caller, cause, causeId: change.id, reason: `change ${number}: ${change.title}` };
  }
}

function commandOf(releaseId: string, strategy: Exclude<Strategy, { kind: 'rollout' }>): ActivationCommand {
  if (strategy.kind === 'at-once') return { type: 'activate', releaseId };
  const { share, stickyBy, scope } = strategy;
  return { type: 'start-canary', canary: { releaseId, share, stickyBy, scope, salt: randomUUID() } };
}

function movedMeanwhile(model: string): ProblemError {
  return new ProblemError({ status: 409, code: 'base_changed', title: 'It cannot be done now', detail: `Someone changed what answers for ${model} at this moment. Look at the request again.` });
}

function notItsCanary(model: string): ProblemError {
  return new ProblemError({ status: 409, code: 'not_its_canary', title: 'The canary is not that of the change', detail: `The canary of ${model} was ended or replaced since: GET /api/v1/models/${encodeURIComponent(model)}/activation shows what serves.` });
}

function noEmergency(): ProblemError {
  return new ProblemError({ status: 409, code: 'rollout_is_no_emergency', title: 'A guarded rollout is no emergency', detail: 'Edit the request to take effect at once or as a canary, and break the glass for that.', field: 'change.strategy' });
}
