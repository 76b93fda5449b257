import { randomUUID } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Observable } from 'rxjs';
import { auditedAs } from '#libs/store/audit/audit-request';

/** Gives each request an id: in the header x-request-id of its answer, and in the audit entries of what it does. */
@Injectable()
export class RequestIdInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    // Made here: one that a caller chose would prove nothing.
    const requestId = randomUUID();
    void context.switchToHttp().getResponse<FastifyReply>().header('x-request-id', requestId);
    return new Observable((subscriber) => auditedAs(requestId, () => next.handle().subscribe(subscriber)));
  }
}
