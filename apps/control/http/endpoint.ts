import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type Principal } from '#libs/platform/auth/scopes';
import { type Route } from '#libs/contract/management/route';
import { type GuardedRequest, type RequestSession, ROUTE } from './guarded-request.ts';
import { IdempotencyInterceptor } from './idempotency.interceptor.ts';
import { KeyGuard } from './key-guard.ts';
import { parseInput } from './parse-input.ts';
import { RequestIdInterceptor } from './request-id.interceptor.ts';

const METHODS = { get: RequestMethod.GET, post: RequestMethod.POST, put: RequestMethod.PUT, patch: RequestMethod.PATCH, delete: RequestMethod.DELETE } as const;

/** Makes a method answer a route of the contract: path, status, who may, repetitions, and what Input() checks. */
export function Endpoint(route: Route): MethodDecorator {
  return applyDecorators(
    RequestMapping({ method: METHODS[route.method], path: `api/v1${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}` }),
    HttpCode(route.status),
    SetMetadata(ROUTE, route),
    UseGuards(KeyGuard),
    UseInterceptors(RequestIdInterceptor, IdempotencyInterceptor),
  );
}

/** The request's parameters, query, headers and body, checked by the schemas of its route. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const route = Reflect.getMetadata(ROUTE, context.getHandler()) as Route;
  return parseInput(route, context.switchToHttp().getRequest<FastifyRequest>());
});

/** Who makes the request. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<GuardedRequest>();
  if (!principal) throw new Error('Caller() needs an Endpoint, whose guard sets it');
  return principal;
});

/** The session that the request came by; null where it came by a key. */
export const CallerSession = createParamDecorator((_: unknown, context: ExecutionContext): RequestSession | null => context.switchToHttp().getRequest<GuardedRequest>().session ?? null);
