import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type GateCause } from '#libs/governance/change/activation-gate';
import { faultsOf, type RuleFault } from '#libs/governance/data-rules/check-rules';
import { type DataRule } from '#libs/governance/data-rules/rule-set';
import { type OverrideWish } from '#libs/governance/protection/decide-protection';
import { takenByRules } from '#libs/governance/protection/takings';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type StoredRuleSet } from '#libs/store/data-rules/rule-sets';
import { auditOf } from '../http/audited.ts';
import { GOVERNANCE_MODE, type GovernanceModePort } from '../models/activation-ports.ts';
import { modelNotFound } from '../models/activation-problems.ts';
import { type GuardedAct, ProtectionGuard } from '../protection/protection-guard.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { DATA_RULES, type DataRulesPort, type RuleSetUnitPort } from './data-rules-port.ts';

export interface RulesContext {
  /** The generation that the caller saw; 0 for none. */
  readonly expectedGeneration: number;
  readonly caller: Pick<Principal, 'accountId' | 'name' | 'keyId'> & Partial<Pick<Principal, 'issuedBy' | 'permissions'>>;
  /** Why, in the caller's words. */
  readonly reason: string | null;
  readonly cause: GateCause;
  /** For rules that keep a protected expert from requests. A change has its own. */
  readonly override?: OverrideWish | null;
  /** The change that it comes from. */
  readonly causeId?: string;
}

/** Releases looked at to tell an expert from a slip. */
const MAX_RELEASES = 200;

/** Writes the data-handling rules of models. */
@Injectable()
export class DataRulesDesk {
  constructor(
    @Inject(DATA_RULES) private readonly rules: DataRulesPort,
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    @Inject(GOVERNANCE_MODE) private readonly modes: GovernanceModePort,
    private readonly guard: ProtectionGuard,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /**
   * Writes the next generation with its audit entry in one transaction.
   * @throws ProblemError 400 naming the rule at fault, 409 where only changes may, 412 where the generation moved on
   */
  async set(model: string, rules: readonly DataRule[], context: RulesContext): Promise<StoredRuleSet> {
    await this.assertSound(model, rules);
    if (context.cause === 'direct' && (await this.modes.modeOf(model)) === 'required') throw changeRequired(model);
    return this.rules.transaction(async (unit) => {
      const takings = takenByRulesFrom((await unit.current(model))?.rules ?? [], rules);
      const overrides = await this.guard.pass(unit.manager, { model, act: 'data-rules', releaseId: null, takings, wish: context.override ?? null }, context.caller);
      const { audit, ruleSet } = await this.#run(unit, model, rules, context);
      for (const entry of [audit, ...overrides]) await unit.append(entry);
      return ruleSet;
    });
  }

  /** The same as part of another's transaction, which must append the audit entry as its last act. For approved changes. */
  async setWithin(manager: EntityManager, model: string, rules: readonly DataRule[], context: RulesContext): Promise<{ readonly ruleSet: StoredRuleSet; readonly audit: AuditEntry }> {
    await this.assertSound(model, rules);
    return this.#run(this.rules.unit(manager), model, rules, context);
  }

  /** @throws ProblemError 404 for a model that is none, 400 naming the first rule at fault */
  async assertSound(model: string, rules: readonly DataRule[]): Promise<void> {
    const releases = await this.releases.list(MAX_RELEASES, model);
    if (releases.length === 0) throw modelNotFound();
    const faults = faultsOf(rules, { shapes: releases.map(({ manifest }) => manifest.shape), versions: await this.rules.expertVersions(model) });
    if (faults[0]) throw unsound(faults[0], faults.length);
  }

  async #run(unit: RuleSetUnitPort, model: string, rules: readonly DataRule[], context: RulesContext): Promise<{ readonly ruleSet: StoredRuleSet; readonly audit: AuditEntry }> {
    const { caller, cause, expectedGeneration, reason } = context;
    const before = await unit.current(model);
    const atMs = this.settings.now();
    const written = await unit.write({ model, rules, expectedGeneration, atMs, by: caller.accountId });
    if (written.outcome === 'stale') throw generationChanged(await unit.current(model));
    const { ruleSet } = written;
    const detail = { cause, ...(context.causeId === undefined ? {} : { causeId: context.causeId }), generation: ruleSet.generation, digest: ruleSet.digest };
    const audit: AuditEntry = {
      ...auditOf(caller, atMs, 'data-rules.set', `model/${model}`, detail),
      ...(before ? { before: stateOf(before) } : {}),
      after: stateOf(ruleSet),
      ...(reason === null ? {} : { reason }),
    };
    return { ruleSet: { ...ruleSet, writtenAtMs: atMs, writtenBy: caller.accountId }, audit };
  }
}

function takenByRulesFrom(before: readonly DataRule[], after: readonly DataRule[]): GuardedAct['takings'] {
  return (guarded, serving) => takenByRules(before, after, serving, guarded);
}

function stateOf({ generation, digest, rules }: Pick<StoredRuleSet, 'generation' | 'digest' | 'rules'>): unknown {
  return { generation, digest, rules };
}

function unsound({ field, message }: RuleFault, count: number): ProblemError {
  const more = count > 1 ? ` ${count - 1} more ${count === 2 ? 'fault was' : 'faults were'} found.` : '';
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The rules are not sound', detail: `Body field ${field}: ${message}${more}`, field });
}

function changeRequired(model: string): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'change_required',
    title: 'Only an approved change may do this',
    detail: `${model} changes only by approved change requests: open one at POST /api/v1/changes that carries these rules.`,
  });
}

function generationChanged(current: StoredRuleSet | null): ProblemError {
  const who = current === null ? '' : ` ${current.writtenBy} wrote it at ${new Date(current.writtenAtMs).toISOString()}.`;
  return new ProblemError({
    status: 412,
    code: 'generation_changed',
    title: 'Someone else changed it',
    detail: `Header If-Match: the generation is now "${current?.generation ?? 0}".${who} Read the rules again and decide anew.`,
    field: 'if-match',
  });
}
