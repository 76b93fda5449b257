import { type EntityManager } from 'typeorm';
import { type Recalls } from '#libs/store/activation/recalls';
import { type RecallUnit } from '#libs/store/activation/recall-unit';

export const RECALLS = Symbol('Recalls');

export type RecallUnitPort = Pick<RecallUnit, 'mark' | 'activations' | 'withdrawn' | 'formerStable' | 'write' | 'stop' | 'append'>;

export interface RecallsPort extends Pick<Recalls, 'find' | 'requestCounts' | 'requests'> {
  transaction<T>(work: (unit: RecallUnitPort) => Promise<T>): Promise<T>;
  unit(manager: EntityManager): RecallUnitPort;
}
