import { type FastifyRequest } from 'fastify';
import { type Principal } from '#libs/platform/auth/scopes';

/** Metadata key under which a handler carries its route. */
export const ROUTE = 'signalbox:route';

/** The session that a request came by. */
export interface RequestSession {
  readonly id: string;
  readonly csrfToken: string;
  readonly expiresAtMs: number;
}

/** A request after the guard has let it through. */
export type GuardedRequest = FastifyRequest & { principal?: Principal; session?: RequestSession };
