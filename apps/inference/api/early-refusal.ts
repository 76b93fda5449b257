import { type FastifyRequest } from 'fastify';
import { type OpenAiFailure } from '#libs/contract/openai/error';
import { type Principal } from '#libs/platform/auth/scopes';
import { type EngineBusyError } from '#libs/runtime/engine/engine';
import { type Ask } from '#libs/runtime/engine/front-desk';
import { monotonicMs } from '#libs/runtime/engine/worker/protocol';
import { DEADLINE_HEADER, decideDeadline } from '../admit/deadline.ts';
import { type RequestLabels, sharerOf } from '../admit/request-labels.ts';
import { failureOfBusy } from '../answer/engine-failure.ts';

/** What refuses requests before anything of theirs is tokenised: a refusal shall cost next to nothing. */
export interface Desk {
  /** Why the engine would refuse such a request; null where it would take it. */
  readonly refusal: (ask: Ask) => EngineBusyError | null;
  /** Whether deadlines hold. */
  readonly keepsDeadlines: boolean;
}

/** Before the body is read: whose a request is shows then only where its caller is bound to a tenant. */
export function refusedAtHead(desk: Desk | undefined, request: Pick<FastifyRequest, 'method'>, { tenant }: Pick<Principal, 'tenant'>): OpenAiFailure | null {
  return request.method === 'POST' && tenant !== null ? refused(desk, tenant, null) : null;
}

type EarlyDecision = { readonly refused: OpenAiFailure } | { readonly sharer: string; readonly deadlineMs: number | null };

/** When its labels are known: whom the request counts for and when its answer must be complete, or why it is refused. */
export function decideEarly(desk: Desk | undefined, request: Pick<FastifyRequest, 'headers'>, labels: RequestLabels, principal: Principal, longestMs: number): EarlyDecision {
  const deadline = decideDeadline(request.headers[DEADLINE_HEADER], longestMs, monotonicMs());
  if (deadline.reason === 'invalid') return { refused: deadline.refused };
  const deadlineMs = desk?.keepsDeadlines === false ? null : deadline.deadlineMs;
  const sharer = sharerOf(labels, principal);
  const failure = refused(desk, sharer, deadlineMs);
  return failure ? { refused: failure } : { sharer, deadlineMs };
}

/** What refuses the smallest request refuses every other. */
function refused(desk: Desk | undefined, tenant: string, deadlineMs: number | null): OpenAiFailure | null {
  const busy = desk?.refusal({ tenant, deadlineMs, promptTokens: 1, choices: 1, maxTokens: 0, continues: false });
  return busy ? failureOfBusy(busy) : null;
}
