import { Inject, Injectable } from '@nestjs/common';
import { involve, NO_HANDS, sharedHand } from '#libs/governance/change/persons';
import { decideUnprotect } from '#libs/governance/protection/decide-unprotect';
import { type Principal } from '#libs/platform/auth/scopes';
import { MAX_PROTECTED } from '#libs/store/protection/protection-unit';
import { type NewProtection, type OverrideReview, type StoredOverride, type StoredProtection } from '#libs/store/protection/protection-rows';
import { auditOf } from '../http/audited.ts';
import { modelNotFound } from '../models/activation-problems.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { PROTECTIONS, type ProtectionsPort, type ProtectionUnitPort } from './protection-ports.ts';
import { notAdoptable, notProtected, overrideNotFound, owesNoReview, ownOverride, protectionChanged, refusedUnprotect, tooManyProtected, unknownExpert } from './protection-problems.ts';
import { auditedProtection } from './protection-view.ts';

type Actor = Pick<Principal, 'accountId' | 'name' | 'keyId' | 'issuedBy' | 'permissions'>;

export interface Place {
  readonly model: string;
  readonly layer: number;
  readonly expert: number;
}

/** Keeps the list of protected experts, each write with its audit entry in one transaction. */
@Injectable()
export class ProtectionDesk {
  constructor(
    @Inject(PROTECTIONS) private readonly protections: ProtectionsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** @throws ProblemError 404 for what is no expert of the model, 409 where there are too many, 412 where the version moved on */
  async protect(place: Place, reason: string, expectedVersion: number | null, caller: Actor): Promise<StoredProtection> {
    const { model, layer, expert } = place;
    return this.protections.transaction(async (unit) => {
      const version = await unit.lock(model);
      await assertExpert(unit, place);
      const before = await unit.find(model, layer, expert);
      if (expectedVersion !== null && expectedVersion !== (before?.version ?? 0)) throw protectionChanged(before);
      if (before === null) await assertRoom(unit, model, 1);
      const after = await unit.write({ ...place, reason, evidence: null, ...this.#by(caller) }, version);
      await this.#audit(unit, caller, 'protection.protect', before, after, reason);
      return after;
    });
  }

  /** @throws ProblemError 404 where it is not protected, 409 where the evidence is missing or unfit, 412 */
  async unprotect({ model, layer, expert }: Place, reason: string, evaluationId: string | null, expectedVersion: number | null, caller: Actor): Promise<StoredProtection> {
    return this.protections.transaction(async (unit) => {
      await unit.lock(model);
      const before = await unit.find(model, layer, expert);
      if (before === null) throw notProtected();
      if (expectedVersion !== null && expectedVersion !== before.version) throw protectionChanged(before);
      const run = evaluationId === null ? null : await unit.run(evaluationId);
      const servingRelease = (await unit.serving(model))?.releaseId ?? null;
      const decision = decideUnprotect({ layer, expert, servingRelease, run, evaluationId, permissions: caller.permissions });
      if (decision.decision === 'refuse') throw refusedUnprotect(decision);
      await unit.remove(model, layer, expert);
      await this.#audit(unit, caller, 'protection.unprotect', before, null, reason, { decision: decision.reason, ...(run ? { evaluation: run.id, resultDigest: run.resultDigest } : {}) });
      return before;
    });
  }

  /** Protects all that a concentration run proposes. @throws ProblemError 404, or 409 where the run proposes nothing */
  async adopt(model: string, evaluationId: string, caller: Actor): Promise<{ readonly adopted: readonly StoredProtection[]; readonly already: readonly Pick<Place, 'layer' | 'expert'>[] }> {
    return this.protections.transaction(async (unit) => {
      const version = await unit.lock(model);
      const shapes = await unit.shapes(model);
      if (shapes.length === 0) throw modelNotFound();
      const run = await unit.run(evaluationId);
      if (run?.kind !== 'concentration') throw notAdoptable(`there is no concentration run ${evaluationId} that has a result.`);
      if (!(await unit.isReleaseOf(run.candidate, model))) throw notAdoptable(`run ${evaluationId} measured a release of another model.`);
      if (run.proposals.length === 0) throw notAdoptable(`run ${evaluationId} proposes no expert: its outcome is ${run.outcome}.`);
      const adopted: StoredProtection[] = [];
      const already: Pick<Place, 'layer' | 'expert'>[] = [];
      await assertRoom(unit, model, run.proposals.length);
      for (const { layer, expert, reason } of run.proposals) {
        if (await unit.find(model, layer, expert)) already.push({ layer, expert });
        else adopted.push(await unit.write({ model, layer, expert, reason, evidence: { evaluationId, resultDigest: run.resultDigest }, ...this.#by(caller) }, version));
      }
      await unit.append({
        ...auditOf(caller, this.settings.now(), 'protection.adopt', `model/${model}`, { evaluation: evaluationId, resultDigest: run.resultDigest, already: already.map(({ layer, expert }) => `expert/${layer}/${expert}`) }),
        after: adopted.map(auditedProtection),
      });
      return { adopted, already };
    });
  }

  /** The review that an emergency owes. @throws ProblemError 403 for one's own act, 404, 409 where none is owed */
  async review(model: string, id: string, { verdict, note }: Pick<OverrideReview, 'verdict' | 'note'>, caller: Actor): Promise<StoredOverride> {
    return this.protections.transaction(async (unit) => {
      const before = await unit.lockOverride(model, id);
      if (before === null) throw overrideNotFound();
      if (before.reviewDueMs === null || before.review?.verdict === 'confirmed') throw owesNoReview();
      const hand = sharedHand(involve(NO_HANDS, { accountId: before.by, issuedBy: before.issuedBy }), caller);
      if (hand !== null) throw ownOverride(hand);
      const review: OverrideReview = { by: caller.accountId, byName: caller.name, atMs: this.settings.now(), verdict, note };
      await unit.review(id, review);
      await unit.append({ ...auditOf(caller, review.atMs, 'protection.review', `model/${model}`, { override: id, verdict }), reason: note });
      return { ...before, review };
    });
  }

  #by({ accountId, name }: Actor): Pick<NewProtection, 'by' | 'byName' | 'atMs'> {
    return { by: accountId, byName: name, atMs: this.settings.now() };
  }

  async #audit(unit: ProtectionUnitPort, caller: Actor, action: string, before: StoredProtection | null, after: StoredProtection | null, reason: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { model, layer, expert } = (after ?? before)!;
    await unit.append({
      ...auditOf(caller, this.settings.now(), action, `model/${model}`, { expert: `expert/${layer}/${expert}`, ...detail }),
      ...(before ? { before: auditedProtection(before) } : {}), ...(after ? { after: auditedProtection(after) } : {}), reason,
    });
  }
}

async function assertExpert(unit: ProtectionUnitPort, { model, layer, expert }: Place): Promise<void> {
  const shapes = await unit.shapes(model);
  if (shapes.length === 0) throw modelNotFound();
  if (!shapes.some((shape) => layer < shape.layers && expert < shape.experts)) throw unknownExpert(layer, expert);
}

async function assertRoom(unit: ProtectionUnitPort, model: string, more: number): Promise<void> {
  if ((await unit.held(model)).length + more > MAX_PROTECTED) throw tooManyProtected(MAX_PROTECTED);
}
