import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { Repeat } from '#libs/platform/repeat/repeat';
import { appendAudit, type AuditEntry } from '#libs/store/audit/audit-log';
import { type OpenAction } from '#libs/store/alerts/alert-actions';
import { auditOf } from '../http/audited.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ActionDesk, ALERTS_ACTOR, type ActionOutcome } from './action-desk.ts';
import { ALERT_ACTIONS, type AlertActionsPort } from './alert-ports.ts';

const EVERY_MS = 2000;
const MAX_ROUND = 20;

/** Does what rules ask for by themselves: one action at a time, each once, and goes on where a process ended. */
@Injectable()
export class ActionRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(ActionRunner.name);
  readonly #repeat = new Repeat(() => this.#round(), EVERY_MS, (error) => this.#log.error(error, 'actions of alerts could not be done; they are tried again'));

  constructor(
    @Inject(ALERT_ACTIONS) private readonly actions: AlertActionsPort,
    private readonly desk: ActionDesk,
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
    const failures: unknown[] = [];
    // One that fails each time must not keep those behind it from being done.
    for (const id of await this.actions.open(MAX_ROUND)) await this.#settle(id).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** What a desk does in this transaction and its outcome are one; what it does in its own is found again by the id of the action. */
  async #settle(id: string): Promise<void> {
    await this.actions.transaction(async (manager) => {
      const action = await this.actions.lock(manager, id);
      if (!action) return;
      const { state, outcome, audits } = await this.#perform(action, () => this.desk.perform(manager, action));
      const atMs = this.settings.now();
      await this.actions.settle(manager, id, state, outcome, atMs);
      const entry = auditOf(ALERTS_ACTOR, atMs, 'alert.action', `alert/${action.series}`, { kind: action.kind, fingerprint: action.fingerprint, rule: action.ruleId, state, outcome });
      for (const audit of [...audits, { ...entry, reason: `Rule ${action.ruleName}` }]) await appendAudit(manager, audit);
      this.#log.log(`alert ${action.series}: ${action.kind} of ${action.model} is ${state}`);
    });
  }

  async #perform(action: OpenAction, perform: () => Promise<ActionOutcome>): Promise<ActionOutcome & { readonly audits: readonly AuditEntry[] }> {
    try {
      return await perform();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.#log.warn(`alert ${action.series}: ${action.kind} was refused: ${error.detail}`);
      return { state: 'refused', outcome: { code: error.code, detail: error.detail }, audits: [] };
    }
  }
}
