import { type DataSource, type EntityManager } from 'typeorm';
import { type ChangePayload, DEFAULT_LIMITS } from '#libs/governance/change/change-payload';
import { type ChangePolicy } from '#libs/governance/change/change-policy';
import { planChange } from '#libs/governance/change/plan-change';
import { changePolicy } from '#libs/policy-engine/cedar-policy';
import { DEFAULT_POLICIES } from '#libs/policy-engine/default-policies';
import { type ChangePolicies, type StoredPolicy } from '#libs/store/changes/change-policies';
import { type FreezeWindows } from '#libs/store/changes/freeze-windows';
import { readPlanFacts, rolesNow } from '#libs/store/changes/plan-facts';
import { changeProtection } from '#libs/store/protection/change-protection';
import { type ChangeFacts, type ChangeStatePort } from './change-ports.ts';

/** The state that changes concern, over the store, with the policy compiled once for each version. */
export class StoredChangeState implements ChangeStatePort {
  #compiled: ChangePolicy | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly policies: ChangePolicies,
    private readonly freezes: FreezeWindows,
    private readonly now: () => number,
  ) {}

  async read(given: EntityManager | null, payload: ChangePayload, accounts: readonly string[]): Promise<ChangeFacts> {
    const manager = given ?? this.dataSource.manager;
    const nowMs = this.now();
    const policy = this.#policy(await this.policies.current(manager));
    const { activationGeneration, ...facts } = await readPlanFacts(manager, payload);
    const roles = await rolesNow(manager, accounts);
    const plan = planChange(payload, { ...facts, policyVersion: policy.version });
    return {
      nowMs,
      policy,
      activationGeneration,
      plan,
      protection: await changeProtection(manager, payload, plan),
      freezes: await this.freezes.at(nowMs, manager),
      rolesNow: (account) => roles.get(account) ?? null,
    };
  }

  #policy(stored: StoredPolicy | null): ChangePolicy {
    const version = stored?.version ?? 0;
    if (this.#compiled?.version !== version) this.#compiled = compiled(version, stored);
    return this.#compiled;
  }
}

/** A policy that does not compile any more, such as after a change of the schema, forbids everything and says why. */
function compiled(version: number, stored: StoredPolicy | null): ChangePolicy {
  const limits = stored?.limits ?? DEFAULT_LIMITS;
  try {
    return changePolicy(version, stored?.policies ?? DEFAULT_POLICIES, limits);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { version, limits, ask: () => ({ allowed: false, policies: [], errors: [message] }) };
  }
}
