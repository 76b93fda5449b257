import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { modelOf } from '#libs/governance/change/change-payload';
import { type Actor, type CaseDecision } from '#libs/governance/change/change-request';
import { applied, type ApplyDecision, concluded, decideApply, decideBreakGlass, decidePromote, reviewChange, scheduleChange, unscheduleChange } from '#libs/governance/change/decide-application';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { ProtectionGuard } from '../protection/protection-guard.ts';
import { type ActingCaller, changeAudit } from './change-audit.ts';
import { actorOf, lock, type Seen } from './change-desk.ts';
import { ChangeEffects } from './change-effects.ts';
import { CHANGE_STATE, type ChangeFacts, CHANGES, type ChangesPort, type ChangeStatePort, type ChangeUnitPort } from './change-ports.ts';
import { blocked, revisionChanged } from './change-problems.ts';

type Body<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>['body'];
interface Glass {
  readonly reason: string;
  readonly hours: number;
}

/** How long a schedule without an end keeps trying. */
const DEFAULT_WINDOW_MS = 3_600_000;

/** Applies change requests: now, at a time, or in an emergency. Each with its effect in one transaction. */
@Injectable()
export class ApplicationDesk {
  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    @Inject(CHANGE_STATE) private readonly state: ChangeStatePort,
    private readonly effects: ChangeEffects,
    private readonly guard: ProtectionGuard,
  ) {}

  async apply(seen: Seen, comment: string | null, caller: Principal): Promise<void> {
    await this.#within(seen, caller, async (unit, before, facts) => {
      const decision = decideApply(before, actorOf(caller), facts);
      if (!decision.allowed) throw blocked(decision.blockers);
      return this.carryOut(unit, before, facts, { caller, actor: actorOf(caller), decision, glass: null, reason: comment });
    });
  }

  async breakGlass(seen: Seen, glass: Body<'breakGlass'>, caller: Principal): Promise<void> {
    await this.#within(seen, caller, async (unit, before, facts) => {
      const decision = decideBreakGlass(before, glass, actorOf(caller), facts);
      if (!decision.allowed) throw blocked(decision.blockers);
      return this.carryOut(unit, before, facts, { caller, actor: actorOf(caller), decision, glass, reason: glass.reason });
    });
  }

  async promote(seen: Seen, comment: string | null, caller: Principal): Promise<void> {
    await this.#within(seen, caller, async (unit, before, facts) => {
      const decision = decidePromote(before, actorOf(caller), facts);
      if (!decision.allowed) throw blocked(decision.blockers);
      const cause = before.change.breakGlass ? 'broken-glass' : 'approved-change';
      const { outcome, audits } = await this.effects.promote(unit.manager, before, decision.releaseId, decision.model, { caller, cause });
      const ended = concluded(before, 'applied', { ...outcome, promotedBy: caller.accountId }, caller.accountId, facts.nowMs);
      return [...audits, await this.#save(unit, before, ended, caller, comment)];
    });
  }

  async schedule(seen: Seen, { at, until }: Body<'scheduleChange'>, caller: Principal): Promise<void> {
    const atMs = Date.parse(at);
    const untilMs = until === undefined ? atMs + DEFAULT_WINDOW_MS : Date.parse(until);
    await this.#within(seen, caller, async (unit, before, facts) => [await this.#save(unit, before, scheduleChange(before, { atMs, untilMs }, actorOf(caller), facts), caller, null)]);
  }

  async unschedule(seen: Seen, caller: Principal): Promise<void> {
    await this.#within(seen, caller, async (unit, before, facts) => [await this.#save(unit, before, unscheduleChange(before, actorOf(caller), facts), caller, null)]);
  }

  async review(seen: Seen, body: Body<'reviewChange'>, caller: Principal): Promise<void> {
    await this.#within(seen, caller, async (unit, before, facts) => [await this.#save(unit, before, reviewChange(before, body, actorOf(caller), facts.nowMs), caller, body.note)]);
  }

  /** The effect of a decision to apply, and the state of the request after it. Returns the audit entries, to be appended last. */
  async carryOut(
    unit: ChangeUnitPort,
    before: StoredChange,
    facts: ChangeFacts,
    { caller, actor, decision, glass, reason }: { readonly caller: ActingCaller; readonly actor: Actor; readonly decision: Extract<ApplyDecision, { allowed: true }>; readonly glass: Glass | null; readonly reason: string | null },
  ): Promise<readonly AuditEntry[]> {
    const { outcome, isOver, audits } = await this.effects.perform(unit.manager, before, { caller, facts, cause: glass ? 'broken-glass' : 'approved-change' });
    const { change } = before;
    const takings = facts.plan.planned ? facts.plan.takings : [];
    const overrides = await this.guard.keepChange(unit.manager, { model: modelOf(change.payload) ?? '', changeId: change.id, takings, reason: glass?.reason ?? change.reason, isEmergency: glass !== null }, caller);
    const next = applied(before, actor, decision, outcome, isOver, glass, facts);
    return [...audits, ...overrides, await this.#save(unit, before, next, caller, reason)];
  }

  async #within(seen: Seen, caller: Principal, work: (unit: ChangeUnitPort, before: StoredChange, facts: ChangeFacts) => Promise<readonly AuditEntry[]>): Promise<void> {
    await this.changes.transaction(async (unit) => {
      const before = await lock(unit, seen.id);
      if (seen.revision !== undefined && seen.revision !== before.revision) throw revisionChanged(before, (await this.changes.events(seen.id)).at(-1));
      const facts = await this.state.read(unit.manager, before.change.payload, [...before.approvals.map(({ account }) => account), caller.accountId]);
      for (const audit of await work(unit, before, facts)) await unit.append(audit);
    });
  }

  async #save(unit: ChangeUnitPort, before: StoredChange, decision: CaseDecision, caller: ActingCaller, reason: string | null): Promise<AuditEntry> {
    if (!decision.allowed) throw blocked(decision.blockers);
    return changeAudit(caller, before, await unit.save(before, decision.next, decision.event), decision.event, reason);
  }
}
