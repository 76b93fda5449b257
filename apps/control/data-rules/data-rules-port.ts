import { type EntityManager } from 'typeorm';
import { type RuleSets, type RuleSetUnit } from '#libs/store/data-rules/rule-sets';

export const DATA_RULES = Symbol('DataRules');

/** One transaction over the rules. */
export type RuleSetUnitPort = Pick<RuleSetUnit, 'manager' | 'current' | 'write' | 'append'>;

export interface DataRulesPort extends Pick<RuleSets, 'current' | 'history' | 'expertVersions'> {
  transaction<T>(work: (unit: RuleSetUnitPort) => Promise<T>): Promise<T>;
  unit(manager: EntityManager): RuleSetUnitPort;
}
