interface Phase {
  readonly name: 'queue' | 'first token' | 'generation' | 'no token';
  readonly ms: number;
  readonly meaning: string;
}

/** The time of a request in parts that follow each other; they add up to its duration. */
export function phasesOf({ queueWaitMs, timeToFirstTokenMs, durationMs }: { readonly queueWaitMs: number; readonly timeToFirstTokenMs: number | null; readonly durationMs: number }): Phase[] {
  const queueMs = Math.min(queueWaitMs, durationMs);
  const queue: Phase = { name: 'queue', ms: queueMs, meaning: 'Waiting to be taken on.' };
  if (timeToFirstTokenMs === null) return [queue, { name: 'no token', ms: durationMs - queueMs, meaning: 'It ended before a token was generated.' }];
  const firstMs = Math.min(Math.max(timeToFirstTokenMs, queueMs), durationMs);
  return [
    queue,
    { name: 'first token', ms: firstMs - queueMs, meaning: 'Reading the prompt, up to the first token of the answer.' },
    { name: 'generation', ms: durationMs - firstMs, meaning: 'From the first token to the end.' },
  ];
}
