import { type z } from 'zod';
import { type Permission } from '#libs/governance/access/permissions';

/** One operation of an HTTP API: what its handler checks and what OpenAPI says. */
export interface Operation {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below the prefix of the API, with {parameters} in braces. */
  readonly path: string;
  readonly tag: string;
  /** What the caller must be allowed to do. */
  readonly needs: Permission;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What a first try might send; a test holds it against the schemas. */
  readonly example?: OperationExample;
  readonly status: 200 | 201 | 202 | 204;
  /** null where the answer has no body. */
  readonly response: z.ZodType | null;
  /** What a stream of server-sent events holds, where the operation can answer with one. */
  readonly stream?: string;
  /** Errors besides those that every operation of the API can answer with: status to when. */
  readonly problems?: Readonly<Record<number, string>>;
}

export interface OperationExample {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Operations that share a prefix and a form of errors. */
export interface Api {
  readonly prefix: string;
  readonly operations: readonly Operation[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly error: { readonly schema: z.ZodType; readonly mediaType: string };
  /** Errors that every operation can answer with: status to when. */
  readonly problems: Readonly<Record<number, string>>;
}
