/** Bounds on heads, idle connections and slow senders, for every HTTP server of ours (Fastify's names). */
export const SERVER_LIMITS = {
  requestTimeout: 60_000,
  keepAliveTimeout: 72_000,
  maxRequestsPerSocket: 0,
  http: { maxHeaderSize: 16 * 1024, headersTimeout: 30_000 },
} as const;
