import { type EntityManager } from 'typeorm';
import { type ProtectionUnit } from '#libs/store/protection/protection-unit';
import { type Protections } from '#libs/store/protection/protections';

export const PROTECTIONS = Symbol('Protections');

export type ProtectionUnitPort = Pick<ProtectionUnit, 'lock' | 'held' | 'find' | 'write' | 'remove' | 'run' | 'serving' | 'shapes' | 'isReleaseOf' | 'insertOverride' | 'lockOverride' | 'review' | 'append'>;

export interface ProtectionsPort extends Pick<Protections, 'find' | 'list' | 'overrides'> {
  transaction<T>(work: (unit: ProtectionUnitPort) => Promise<T>): Promise<T>;
  unit(manager: EntityManager): ProtectionUnitPort;
}
