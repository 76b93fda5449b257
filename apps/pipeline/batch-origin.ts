/** Whence a batch comes, for its span: W3C traceparents. */
export interface BatchOrigin {
  /** The span that the write belongs to; null where nothing is traced. */
  readonly traceparent: string | null;
  /** The spans of the other requests that are written with it. */
  readonly links: readonly string[];
}

/** A span takes no more by default: OTEL_SPAN_LINK_COUNT_LIMIT. */
const MAX_LINKS = 128;

/**
 * One write is of many requests, but a span has one parent: the first request that is sampled, else
 * the first that is traced at all. The others are linked, so that each trace leads to its write.
 * @param requests traceparents of the requests in the order of the batch
 * @param job traceparent of the job, for batches of untraced requests
 */
export function originOf(requests: readonly (string | null)[], job: string | null): BatchOrigin {
  const traced = [...new Set(requests.filter((traceparent) => traceparent !== null))];
  const parent = traced.find(isSampled) ?? traced[0] ?? job;
  const others = traced.filter((traceparent) => traceparent !== parent && isSampled(traceparent));
  return { traceparent: parent, links: others.slice(0, MAX_LINKS) };
}

/** The last bit of the flags, see https://www.w3.org/TR/trace-context/#sampled-flag. */
function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(-2), 16) & 1) === 1;
}
