import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { decideQuarantine, type QuarantineWish } from '#libs/governance/quarantine/decide-quarantine';
import { type OverrideWish } from '#libs/governance/protection/decide-protection';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type QuarantineEnd, type StoredQuarantine } from '#libs/store/quarantine/quarantine-rows';
import { auditOf } from '../http/audited.ts';
import { modelNotFound } from '../models/activation-problems.ts';
import { ProtectionGuard } from '../protection/protection-guard.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { QUARANTINES, type QuarantinesPort, type QuarantineUnitPort } from './quarantine-ports.ts';
import { quarantineChanged, quarantineEnded, quarantineNotFound, refusedQuarantine } from './quarantine-problems.ts';
import { auditedState } from './quarantine-view.ts';

type Actor = Pick<Principal, 'accountId' | 'name' | 'keyId'>;

export interface Impose {
  readonly wish: QuarantineWish;
  readonly reason: string;
  /** For an expert that is protected. */
  readonly override: OverrideWish | null;
}

/** Takes experts out of service and puts them back, each with its audit entry in one transaction. */
@Injectable()
export class QuarantineDesk {
  constructor(
    @Inject(QUARANTINES) private readonly quarantines: QuarantinesPort,
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    private readonly guard: ProtectionGuard,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** @throws ProblemError with the reason it is refused */
  async impose(model: string, { wish, reason, override }: Impose, caller: Actor & Pick<Principal, 'permissions' | 'issuedBy'>): Promise<StoredQuarantine> {
    await this.assertModel(model);
    return this.quarantines.transaction(model, async (unit) => {
      const nowMs = this.settings.now();
      const facts = { nowMs, releases: await unit.shapes(wish.releaseId), inForce: await unit.inForce(), permissions: caller.permissions };
      const decision = decideQuarantine(wish, facts);
      if (decision.decision === 'refuse') throw refusedQuarantine(decision);
      const { layer, expert, releaseId, untilMs } = wish;
      const overrides = await this.guard.pass(
        unit.manager,
        {
          model, act: 'quarantine', releaseId: null, wish: override,
          takings: (guarded) => guarded.filter((one) => one.layer === layer && one.expert === expert).map((one) => ({ ...one, act: 'quarantine' as const, by: 'its quarantine' })),
        },
        caller,
      );
      const imposed = await unit.insert({
        id: randomUUID(), model, releaseId, layer, expert, reason, untilMs, forced: decision.reason === 'forced', createdAtMs: nowMs, createdBy: caller.accountId, createdByName: caller.name,
      });
      await unit.append({ ...auditFor(caller, nowMs, 'quarantine.impose', imposed, { decision: decision.reason, thin: decision.thin }), after: auditedState(imposed), reason });
      for (const entry of overrides) await unit.append(entry);
      return imposed;
    });
  }

  /** @throws ProblemError 404, 409 where it has ended, 412 where the version moved on */
  async lift(model: string, id: string, expectedVersion: number | null, reason: string | null, caller: Actor): Promise<StoredQuarantine> {
    return this.quarantines.transaction(model, async (unit) => {
      const before = await unit.find(id);
      if (!before) throw quarantineNotFound();
      if (expectedVersion !== null && expectedVersion !== before.version) throw quarantineChanged(before);
      if (before.end !== null) throw quarantineEnded(before);
      return this.#end(unit, before, { as: 'lifted', atMs: this.settings.now(), by: caller.accountId, reason }, caller);
    });
  }

  /** Ends one whose time has come; null where it has not, or somebody else did it. */
  async expire(model: string, id: string): Promise<StoredQuarantine | null> {
    const nowMs = this.settings.now();
    return this.quarantines.transaction(model, async (unit) => {
      const before = await unit.find(id);
      if (before === null || before.end !== null || before.untilMs === null || before.untilMs > nowMs) return null;
      const system: Actor = { accountId: 'system', name: 'schedule', keyId: null };
      return this.#end(unit, before, { as: 'expired', atMs: nowMs, by: system.accountId, reason: null }, system);
    });
  }

  /** @throws ProblemError 404 */
  async assertModel(model: string): Promise<void> {
    if ((await this.releases.list(1, model)).length === 0) throw modelNotFound();
  }

  async #end(unit: QuarantineUnitPort, before: StoredQuarantine, end: QuarantineEnd, by: Actor): Promise<StoredQuarantine> {
    const ended = await unit.end(before, end);
    await unit.append({
      ...auditFor(by, end.atMs, end.as === 'lifted' ? 'quarantine.lift' : 'quarantine.expire', before, {}),
      before: auditedState(before), after: auditedState(ended), ...(end.reason === null ? {} : { reason: end.reason }),
    });
    return ended;
  }
}

function auditFor(by: Actor, atMs: number, action: string, { id, model, layer, expert, releaseId }: StoredQuarantine, detail: Readonly<Record<string, unknown>>): AuditEntry {
  return auditOf(by, atMs, action, `model/${model}`, { quarantine: id, expert: `expert/${layer}/${expert}`, releaseId, ...detail });
}
