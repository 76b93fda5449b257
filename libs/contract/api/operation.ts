import { type z } from 'zod';
import { type Permission } from '#libs/governance/access/permissions';

/** What a caller needs: a permission; to be known (`caller`), with any permissions; or nothing (`public`). */
export type Need = Permission | 'caller' | 'public';

/**
 * What a caller bound to a tenant gets: only its own tenant's part (`own`), the same as others
 * (`shared`: nothing in it belongs to a tenant), or a refusal (`none`).
 */
export type Tenancy = 'own' | 'shared' | 'none';

/** One operation of an HTTP API: what its handler checks and what OpenAPI says. */
export interface Operation {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below the prefix of the API, with {parameters} in braces. */
  readonly path: string;
  readonly tag: string;
  /** What the caller must be allowed to do. */
  readonly needs: Need;
  /** `none` unless said otherwise. */
  readonly tenancy?: Tenancy;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What a body of plain bytes (application/octet-stream) holds, where it takes one. */
  readonly bytes?: string;
  /** What a first try might send; a test holds it against the schemas. */
  readonly example?: OperationExample;
  /** What it answers holds a secret that is shown once and kept nowhere, so its answer cannot be replayed. */
  readonly showsSecret?: true;
  readonly status: 200 | 201 | 202 | 204 | 302;
  /** null where the answer has no body. */
  readonly response: z.ZodType | null;
  /** What a stream of server-sent events holds, where the operation can answer with one. */
  readonly stream?: string;
  /** What text/plain holds, where the caller can ask for it. */
  readonly text?: string;
  /** What the lines of application/x-ndjson hold, where it answers with a stream of those. */
  readonly lines?: string;
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
  /** Whether POST takes an Idempotency-Key. */
  readonly isManagement: boolean;
}
