import { type EntityManager } from 'typeorm';
import { type Recalls } from '#libs/store/activation/recalls';
import { type RecallUnit } from '#libs/store/activation/recall-unit';
import { type TouchedRequests } from '#libs/store/activation/touched-requests';

export const RECALLS = Symbol('Recalls');
export const TOUCHED_REQUESTS = Symbol('TouchedRequests');

export type TouchedRequestsPort = Pick<TouchedRequests, 'counts' | 'list' | 'sealedTrace' | 'pastRetention'>;

export type RecallUnitPort = Pick<RecallUnit, 'manager' | 'mark' | 'activations' | 'withdrawn' | 'formerStable' | 'write' | 'stop' | 'append'>;

export interface RecallsPort extends Pick<Recalls, 'find'> {
  transaction<T>(work: (unit: RecallUnitPort) => Promise<T>): Promise<T>;
  unit(manager: EntityManager): RecallUnitPort;
}
