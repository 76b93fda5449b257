import { Tensor } from 'onnxruntime-node';
import { type ProbeOutcome } from '../health/expert-watch.ts';
import { isFinite32 } from './finite.ts';
import { type TimedSession } from './timed-session.ts';

/** What an expert gave for the canned row when it was loaded. */
export interface ExpertSample {
  readonly input: Float32Array;
  readonly output: Float32Array;
}

/** Part of the largest output by which a probe may differ: on CPU the bits are the same, elsewhere they need not be. */
const TOLERANCE = 1e-4;

/** A row that no weight is without influence on: all values differ, none is 0, half are negative. */
export function cannedRow(width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, at) => (at % 2 === 0 ? 1 : -1) * (0.25 + ((at * 0.618_033_988_75) % 1)));
}

/** Runs an expert over the canned row and compares. */
export async function probeAgain(session: TimedSession, { input, output }: ExpertSample): Promise<ProbeOutcome> {
  let given: Float32Array;
  try {
    given = (await session.run({ x: new Tensor('float32', input, [1, input.length]) }))['y']!.data as Float32Array;
  } catch {
    return { failure: 'error', tokens: 1, durationMs: 0 };
  }
  const { lastRunMs: durationMs } = session;
  const failure = !isFinite32(given) ? 'not-finite' : isSame(given, output) ? null : 'wrong-output';
  return { failure, tokens: 1, durationMs };
}

function isSame(given: Float32Array, expected: Float32Array): boolean {
  let largest = 0;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  return given.every((value, at) => Math.abs(value - expected[at]!) <= TOLERANCE * largest);
}
