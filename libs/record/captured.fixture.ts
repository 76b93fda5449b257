import { ANSWER_RESULTS, type CapturedRequest, NO_TRACE_REASONS } from '#libs/contract/capture/request-record';

/** A captured request for tests; the sealed trace is `traceBytes` bytes long. */
export function capturedFixture(number: number, traceBytes = 40): CapturedRequest {
  return {
    record: {
      requestId: `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`,
      atMs: 1_790_000_000_000 + number,
      model: 'tiny-mixtral',
      releaseId: 'ab'.repeat(32),
      segment: { tenant: 'acme', task: '', language: 'de' },
      status: 'answered',
      promptTokens: 12,
      completionTokens: 30,
      queueWaitMs: 1.25,
      timeToFirstTokenMs: number % 2 ? null : 17.5,
      durationMs: 240.125,
      traceparent: number % 3 ? null : '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      ...(number % 4 === 1 && { rules: { digest: 'cd'.repeat(32), maskedExperts: number, ruleIds: ['eu-only', 'no-finance'], labels: { region: 'eu', dataClass: '', licence: 'cc-by' } } }),
      ...(number % 5 === 1 && { pinned: true as const }),
      ...(number % 3 === 1 && { degraded: number % 2 === 0 ? { path: 'generalist' as const } : { path: 'dense' as const, askedModel: 'big' } }),
      ...(number % 6 === 2 && { answerCheck: ANSWER_RESULTS[number % ANSWER_RESULTS.length] }),
      ...(number % 7 === 3 && { noTrace: NO_TRACE_REASONS[number % NO_TRACE_REASONS.length] }),
    },
    sealedTrace: new Uint8Array(traceBytes).fill(number),
  };
}
