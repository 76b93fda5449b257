import { type EntityManager } from 'typeorm';
import { type GovernanceMode } from '#libs/governance/change/activation-gate';
import { type ActivationHistory } from '#libs/store/activation/activation-history';
import { type Activations } from '#libs/store/activation/activations';
import { type ActivationUnit } from '#libs/store/activation/activation-unit';

export const ACTIVATIONS = Symbol('Activations');
export const ACTIVATION_HISTORY = Symbol('ActivationHistory');
export const GOVERNANCE_MODE = Symbol('GovernanceMode');

/** One transaction over the activations. */
export type ActivationUnitPort = Pick<ActivationUnit, 'manager' | 'lock' | 'releases' | 'recalled' | 'sizesBytes' | 'knowledgeOf' | 'changeOf' | 'lastEvent' | 'saveRelease' | 'write' | 'append'>;

export interface ActivationsPort extends Pick<Activations, 'find' | 'list'> {
  transaction<T>(work: (unit: ActivationUnitPort) => Promise<T>): Promise<T>;
  unit(manager: EntityManager): ActivationUnitPort;
}

export type ActivationHistoryPort = Pick<ActivationHistory, 'list'>;

/** Whether a model changes only by approved requests. */
export interface GovernanceModePort {
  modeOf(model: string, manager?: EntityManager): Promise<GovernanceMode>;
}
