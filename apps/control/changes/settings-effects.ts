import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { modelOf } from '#libs/governance/change/change-payload';
import { type ChangeEffect } from '#libs/governance/change/change-request';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { writeChangePolicy } from '#libs/store/changes/change-policies';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { writeGovernanceMode } from '#libs/store/changes/governance-modes';
import { type ComponentCard, EMPTY_CARD, writeCard } from '#libs/store/registry/component-card';
import { DataRulesDesk } from '../data-rules/data-rules-desk.ts';
import { auditOf } from '../http/audited.ts';
import { RecallDesk } from '../recall/recall-desk.ts';
import { type EffectContext, type Performed } from './effect.ts';

/** Changes that make no release: data rules, cards, recalls, the policy and the mode. */
@Injectable()
export class SettingsEffects {
  constructor(
    private readonly dataRules: DataRulesDesk,
    private readonly recalls: RecallDesk,
  ) {}

  async perform(manager: EntityManager, stored: StoredChange, effect: Exclude<ChangeEffect, { kind: 'release' }>, context: EffectContext): Promise<Performed> {
    const { base, id } = stored.change;
    const { caller, cause, facts } = context;
    const reason = `change ${stored.number}: ${stored.change.title}`;
    switch (effect.kind) {
      case 'data-rules': {
        const { ruleSet, audit } = await this.dataRules.setWithin(manager, effect.model, effect.rules, { caller, cause, causeId: id, reason, expectedGeneration: Number(base['dataRulesGeneration'] ?? 0) });
        return { outcome: { dataRulesGeneration: ruleSet.generation, dataRulesDigest: ruleSet.digest }, isOver: true, audits: [audit] };
      }
      case 'card': {
        const card = { ...EMPTY_CARD, ...(effect.card as Partial<ComponentCard>) };
        const expectedRevision = Number(base['cardRevision'] ?? 0);
        if ((await writeCard(manager, { sha256: effect.sha256, card, expectedRevision, atMs: facts.nowMs, by: caller.accountId })) === 'stale') throw moved('the card');
        return this.#done(context, stored, { cardRevision: expectedRevision + 1 }, 'component.card', `component/${effect.sha256}`, reason, card);
      }
      case 'recall': {
        const judgedFor = modelOf(stored.change.payload);
        const { models, audits } = await this.recalls.recallWithin(manager, effect.sha256, { caller, cause, causeId: id, reason: effect.reason, force: false, ...(judgedFor === null ? {} : { judgedFor }) });
        return { outcome: { recalled: effect.sha256, models: models.map(({ model, outcome, releaseId }) => ({ model, outcome, releaseId })) }, isOver: true, audits };
      }
      case 'policy': {
        const version = Number(base['policyVersion'] ?? 0) + 1;
        const written = await writeChangePolicy(manager, { version, policies: effect.policies, limits: effect.limits, createdAtMs: facts.nowMs, createdBy: caller.accountId, changeId: id });
        if (!written) throw moved('the change policy');
        return this.#done(context, stored, { policyVersion: version }, 'change-policy.set', 'change-policy', reason, { version, limits: effect.limits });
      }
      case 'governance': {
        const expectedGeneration = Number(base['modeGeneration'] ?? 0);
        if (!(await writeGovernanceMode(manager, { ...effect, expectedGeneration, atMs: facts.nowMs, actor: caller.accountId }))) throw moved('the mode');
        return this.#done(context, stored, { mode: effect.mode }, 'governance.set', `model/${effect.model}`, reason, { mode: effect.mode });
      }
    }
  }

  #done({ caller, cause, facts }: EffectContext, { change }: StoredChange, outcome: Performed['outcome'], action: string, subject: string, reason: string, after: unknown): Performed {
    const audit: AuditEntry = { ...auditOf(caller, facts.nowMs, action, subject, { cause, causeId: change.id }), before: change.base, after, reason };
    return { outcome, isOver: true, audits: [audit] };
  }
}


function moved(what: string): ProblemError {
  return new ProblemError({ status: 409, code: 'base_changed', title: 'It cannot be done now', detail: `Someone changed ${what} at this moment. Edit the request to plan it anew, and have it approved again.` });
}
