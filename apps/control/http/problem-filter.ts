import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { databaseAway } from '#libs/store/availability';

/** A killed PostgreSQL is back within a few seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Answers errors as application/problem+json; what is not meant for callers goes to the log only. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = toProblem(error);
    if (problem.status >= 500) this.#log.error(error);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (problem.status === 503) void reply.header('retry-after', String(RETRY_AFTER_SECONDS));
    void reply
      .status(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(problem.toBody());
  }
}

/** The problem that a caller may see of an error. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const away = databaseAway(error);
  if (away !== null) {
    return new ProblemError(
      { status: 503, code: 'database_unavailable', title: 'The database does not answer', detail: `PostgreSQL is away (${away}). Serving and recording go on; ask again in a moment.` },
      { cause: error },
    );
  }
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  if (status !== null && status >= 400 && status < 500) {
    return new ProblemError({
      status,
      code: status === 404 ? 'not_found' : 'invalid_request',
      title: status === 404 ? 'There is nothing here' : 'The request is not valid',
      detail: status === 404 ? 'No such operation. /api/docs lists those there are.' : error instanceof Error ? error.message : 'The request could not be read.',
    }, { cause: error });
  }
  return new ProblemError(
    { status: 500, code: 'internal_error', title: 'Something failed here', detail: 'The server failed; its log says why. Try again, and report it if it stays.' },
    { cause: error },
  );
}

/** Fastify's own errors, such as a body that is no JSON, carry their status. */
function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : null;
}
