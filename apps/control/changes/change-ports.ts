import { type EntityManager } from 'typeorm';
import { type ChangePayload } from '#libs/governance/change/change-payload';
import { type StandingFacts } from '#libs/governance/change/decide-standing';
import { type ChangePolicies } from '#libs/store/changes/change-policies';
import { type Changes } from '#libs/store/changes/changes';
import { type ChangeUnit } from '#libs/store/changes/change-unit';
import { type GovernanceModes } from '#libs/store/changes/governance-modes';

export const CHANGES = Symbol('Changes');
export const CHANGE_STATE = Symbol('ChangeState');
export const CHANGE_POLICIES = Symbol('ChangePolicies');
export const GOVERNANCE_MODES = Symbol('GovernanceModes');

export type ChangeUnitPort = Pick<ChangeUnit, 'manager' | 'lock' | 'insert' | 'save' | 'comment' | 'comments' | 'append'>;
export interface ChangesPort extends Pick<Changes, 'find' | 'list' | 'attention' | 'comments' | 'events' | 'evidenceContent' | 'auditOf' | 'scheduledBetween' | 'names'> {
  transaction<T>(work: (unit: ChangeUnitPort) => Promise<T>): Promise<T>;
}
export type ChangePoliciesPort = Pick<ChangePolicies, 'current' | 'history' | 'transaction'>;
export type GovernanceModesPort = Pick<GovernanceModes, 'read' | 'isRequiredAnywhere'>;

/** What decisions over changes stand on, with the generation of the activation that was read. */
export interface ChangeFacts extends StandingFacts {
  readonly activationGeneration: number;
}

export interface ChangeStatePort {
  /**
   * Reads the state that a payload concerns, the policy, the freezes of now and the roles of accounts.
   * `manager` null: not as part of a transaction.
   */
  read(manager: EntityManager | null, payload: ChangePayload, accounts: readonly string[]): Promise<ChangeFacts>;
}
