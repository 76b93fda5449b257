import { type QuarantineHolds } from '#libs/store/quarantine/quarantine-holds';
import { type QuarantineUnit } from '#libs/store/quarantine/quarantine-unit';
import { type Quarantines } from '#libs/store/quarantine/quarantines';

export const QUARANTINES = Symbol('Quarantines');
export type QuarantineUnitPort = Pick<QuarantineUnit, 'manager' | 'inForce' | 'find' | 'shapes' | 'insert' | 'end' | 'append'>;
export interface QuarantinesPort extends Pick<Quarantines, 'find' | 'list' | 'heads' | 'due'> {
  transaction<T>(model: string, work: (unit: QuarantineUnitPort) => Promise<T>): Promise<T>;
}

export const QUARANTINE_HOLDS = Symbol('QuarantineHolds');
export type QuarantineHoldsPort = Pick<QuarantineHolds, 'holds' | 'experts'>;
