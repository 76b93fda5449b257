import { type Server } from 'node:http';
import { type FastifyHttpOptions } from 'fastify';
import { SERVER_LIMITS } from '#libs/platform/http/server-limits';

/** Limits of the HTTP server and of one request. Bytes, counts or milliseconds, as named. */
export interface InferenceLimits {
  readonly bodyBytes: number;
  readonly choicesPerRequest: number;
  readonly logprobEntries: number;
  readonly charactersPerContextToken: number;
  /** From admission to the last byte of the answer. */
  readonly answerTimeoutMs: number;
  /** A client of a stream that takes nothing for so long is cut off. */
  readonly streamStallMs: number;
  /** How long running requests may take to end when the server stops. */
  readonly stopGraceMs: number;
}

export const INFERENCE_LIMITS: InferenceLimits = {
  bodyBytes: 1024 * 1024,
  choicesPerRequest: 128,
  logprobEntries: 4 * 1024 * 1024,
  charactersPerContextToken: 64,
  answerTimeoutMs: 600_000,
  streamStallMs: 30_000,
  stopGraceMs: 17_000,
};

/** Options for the Fastify server that carries /v1. */
export const FASTIFY_LIMITS = {
  bodyLimit: INFERENCE_LIMITS.bodyBytes,
  ...SERVER_LIMITS,
} as const satisfies FastifyHttpOptions<Server>;
