import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type Actor, type CaseDecision } from '#libs/governance/change/change-request';
import { concluded, decideDue } from '#libs/governance/change/decide-application';
import { endChange } from '#libs/governance/change/decide-request';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { Repeat } from '#libs/platform/repeat/repeat';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { LOCKS } from '#libs/store/locks';
import { ACTIVATIONS, type ActivationsPort } from '../models/activation-ports.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ApplicationDesk } from './application-desk.ts';
import { type ActingCaller, changeAudit } from './change-audit.ts';
import { CHANGE_STATE, type ChangeFacts, CHANGES, type ChangesPort, type ChangeStatePort, type ChangeUnitPort } from './change-ports.ts';

const EVERY_MS = 2_000;
/** Requests looked at in one round; the rest come in the next. */
const MAX_ROUND = 100;
const SYSTEM: ActingCaller = { accountId: 'system', name: 'schedule', keyId: null };

/** Does what time asks for: due schedules, requests past their end, and the ends of canaries and rollouts. */
@Injectable()
export class ChangeClock implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(ChangeClock.name);
  readonly #repeat = new Repeat(() => this.#round(), EVERY_MS, (error) => this.#log.error(error, 'change requests could not be looked at; it is tried again'));

  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    @Inject(CHANGE_STATE) private readonly state: ChangeStatePort,
    private readonly desk: ApplicationDesk,
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  onApplicationBootstrap(): void {
    this.#repeat.start();
  }

  /** Before the database is let go. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeat.stop();
  }

  /** One whole round, after the one under way. */
  look(): Promise<void> {
    return this.#repeat.now();
  }

  async #round(): Promise<void> {
    for (const id of await this.changes.attention(this.settings.now(), MAX_ROUND)) await this.#settle(id);
  }

  async #settle(id: string): Promise<void> {
    try {
      await this.#within(id, (unit, stored, facts) => this.#due(unit, stored, facts));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // The effect was refused, and its transaction is undone: the request ends with the reason.
      const { code, detail } = error;
      await this.#within(id, async (_, stored, facts) => (stored.change.state === 'scheduled' ? concluded(stored, 'failed', { code, detail }, SYSTEM.accountId, facts.nowMs) : null));
      this.#log.warn(`change ${id} could not be applied as scheduled: ${detail}`);
    }
  }

  /** A request under the lock of the schedule, so that of several processes one does the work. */
  async #within(id: string, work: (unit: ChangeUnitPort, stored: StoredChange, facts: ChangeFacts) => Promise<CaseDecision | null>): Promise<void> {
    await this.changes.transaction(async (unit) => {
      const [row] = (await unit.manager.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCKS.schedule])) as { mine: boolean }[];
      const stored = row?.mine === true ? await unit.lock(id) : null;
      if (!stored) return;
      const by = stored.change.schedule?.by.accountId;
      const facts = await this.state.read(unit.manager, stored.change.payload, [...stored.approvals.map(({ account }) => account), ...(by === undefined ? [] : [by])]);
      const decision = await work(unit, stored, facts);
      if (decision?.allowed) await unit.append(changeAudit(SYSTEM, stored, await unit.save(stored, decision.next, decision.event), decision.event));
    });
  }

  async #due(unit: ChangeUnitPort, stored: StoredChange, facts: ChangeFacts): Promise<CaseDecision | null> {
    const { change } = stored;
    if (change.state === 'applying') return this.#underWay(unit, stored, facts.nowMs);
    if (change.state !== 'scheduled' || change.schedule === null) {
      return change.expiresAtMs <= facts.nowMs ? endChange(stored, 'expired', SYSTEM.accountId, facts.nowMs, { reason: 'too-old' }) : null;
    }
    const due = decideDue(stored, facts);
    if (due.act === 'wait') return null;
    if (due.act === 'apply') {
      const { by } = change.schedule;
      const audits = await this.desk.carryOut(unit, stored, facts, { caller: callerOf(by), actor: by, decision: due.decision, glass: null, reason: null });
      for (const audit of audits) await unit.append(audit);
      return null;
    }
    const reasons = due.blockers.map(({ reason, detail }) => ({ reason, detail }));
    return due.act === 'expire' ? endChange(stored, 'expired', SYSTEM.accountId, facts.nowMs, { reasons }) : concluded(stored, 'failed', { reasons }, SYSTEM.accountId, facts.nowMs);
  }

  /** A canary or rollout that a change began: over when its release is the stable one, or is withdrawn from serving. */
  async #underWay(unit: ChangeUnitPort, stored: StoredChange, nowMs: number): Promise<CaseDecision | null> {
    const { effect } = stored.change;
    if (effect.kind !== 'release') return null;
    const activation = await this.activations.unit(unit.manager).lock(effect.model);
    if (activation?.stable === effect.releaseId) return concluded(stored, 'applied', { generation: activation.generation }, SYSTEM.accountId, nowMs);
    if (activation?.canary?.releaseId === effect.releaseId || activation?.shadow?.releaseId === effect.releaseId) return null;
    return concluded(stored, 'failed', { code: 'withdrawn', detail: 'Its release was taken back before it became the stable one.', generation: activation?.generation ?? 0 }, SYSTEM.accountId, nowMs);
  }
}

function callerOf({ accountId, name, keyId }: Actor): ActingCaller {
  return { accountId, name, keyId };
}
