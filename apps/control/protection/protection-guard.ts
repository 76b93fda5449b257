import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { decideProtection, type EvidenceNeeded, type OverrideWish, takingsText } from '#libs/governance/protection/decide-protection';
import { type ProtectedExpert, type Taking } from '#libs/governance/protection/takings';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type StoredOverride } from '#libs/store/protection/protection-rows';
import { auditOf } from '../http/audited.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { PROTECTIONS, type ProtectionsPort } from './protection-ports.ts';
import { protectedExpert, protectedInDirect } from './protection-problems.ts';

/** An act that may take protected experts away, as part of a transaction. */
export interface GuardedAct {
  readonly model: string;
  /** Such as quarantine; kept with an override. */
  readonly act: string;
  /** Of those that are protected, the ones that it takes away. */
  readonly takings: (guarded: readonly ProtectedExpert[], serving: Readonly<Record<string, string>>) => readonly Taking[];
  /** What evidence must be of. null: a concentration run of what serves, which left the experts out. */
  readonly releaseId: string | null;
  /** undefined: the request has no field for it. */
  readonly wish: OverrideWish | null | undefined;
}

export interface GuardedChange {
  readonly model: string;
  readonly changeId: string;
  readonly takings: readonly Taking[];
  readonly reason: string;
  readonly isEmergency: boolean;
}

type Actor = Pick<Principal, 'accountId' | 'name' | 'keyId'> & { readonly issuedBy?: string | null; readonly permissions?: Principal['permissions'] };

/** Stands between acts and the experts that are protected. */
@Injectable()
export class ProtectionGuard {
  constructor(
    @Inject(PROTECTIONS) private readonly protections: ProtectionsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /**
   * Lets an act go on, or does not. An override is kept; its audit entry is returned, to be appended among the last acts
   * of the transaction.
   * @throws ProblemError naming the expert, why it is protected and the remedy
   */
  async pass(manager: EntityManager, { model, act, takings, releaseId, wish }: GuardedAct, caller: Actor): Promise<readonly AuditEntry[]> {
    const unit = this.protections.unit(manager);
    const guarded = await unit.held(model);
    if (guarded.length === 0) return [];
    const serving = await unit.serving(model);
    const taken = takings(guarded, serving?.components ?? {});
    if (taken.length === 0) return [];
    const nowMs = this.settings.now();
    const needed: EvidenceNeeded = releaseId === null ? { kind: 'left-out', releaseId: serving?.releaseId ?? '' } : { kind: 'release', releaseId };
    if (wish === undefined) throw protectedInDirect(takingsText(taken));
    const run = wish?.evaluationId ? await unit.run(wish.evaluationId) : null;
    const decision = decideProtection(taken, wish, { nowMs, needed, run, permissions: caller.permissions ?? [] });
    if (decision.decision === 'refuse') throw protectedExpert(decision);
    if (decision.reason === 'not-protected' || wish === null) return [];
    const evidence = decision.reason === 'evidence' ? { evaluationId: decision.run.id, resultDigest: decision.run.resultDigest } : null;
    return [await this.#keep(manager, { model, act, takings: taken, reason: wish.reason, evidence, changeId: null, reviewDueMs: decision.reason === 'emergency' ? decision.reviewDueMs : null }, decision.reason, caller)];
  }

  /** Keeps that a change request takes protected experts away, as it was decided there: it holds the evidence, or owes the review. */
  async keepChange(manager: EntityManager, { model, changeId, takings, reason, isEmergency }: GuardedChange, caller: Actor): Promise<readonly AuditEntry[]> {
    if (takings.length === 0) return [];
    return [await this.#keep(manager, { model, act: 'change', takings, reason, evidence: null, changeId, reviewDueMs: null }, isEmergency ? 'emergency' : 'evidence', caller)];
  }

  async #keep(manager: EntityManager, override: Pick<StoredOverride, 'model' | 'act' | 'takings' | 'reason' | 'evidence' | 'changeId' | 'reviewDueMs'>, decision: 'evidence' | 'emergency', caller: Actor): Promise<AuditEntry> {
    const { model, act, takings, reason, evidence, changeId } = override;
    const id = randomUUID();
    const atMs = this.settings.now();
    await this.protections.unit(manager).insertOverride({ ...override, id, by: caller.accountId, byName: caller.name, issuedBy: caller.issuedBy ?? null, atMs });
    const experts = takings.map(({ layer, expert, by }) => ({ expert: `expert/${layer}/${expert}`, by }));
    return { ...auditOf(caller, atMs, 'protection.override', `model/${model}`, { override: id, act, decision, experts, evidence, ...(changeId === null ? {} : { causeId: changeId }) }), reason };
  }
}
