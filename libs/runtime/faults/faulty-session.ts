import { Tensor } from 'onnxruntime-node';
import { type TimedSession } from '../forward/timed-session.ts';
import { type FaultInjection } from './fault-injection.ts';

/** What was injected, so that nobody looks for it in the weights. */
class InjectedFaultError extends Error {
  override readonly name = 'InjectedFaultError';
}

/** An expert's session that fails as a drill says. */
export function faultySession(session: TimedSession, layer: number, expert: number, faults: FaultInjection): TimedSession {
  let lastRunMs = 0;
  return {
    async run(feeds) {
      const fault = faults.strike(layer, expert);
      if (fault?.kind === 'fail') throw new InjectedFaultError(`a drill fails expert ${layer}/${expert}`);
      const delayMs = fault?.kind === 'slow' ? fault.delayMs : 0;
      if (delayMs > 0) block(delayMs);
      const outputs = await session.run(feeds);
      lastRunMs = session.lastRunMs + delayMs;
      if (fault?.kind !== 'corrupt' && fault?.kind !== 'not-a-number') return outputs;
      const y = outputs['y']!;
      return { ...outputs, y: new Tensor('float32', damaged(y.data as Float32Array, fault.kind), y.dims) };
    },
    get lastRunMs() {
      return lastRunMs;
    },
    ...(session.expect && { expect: () => session.expect?.() }),
    release: () => session.release(),
  };
}

/** Holds the thread, as a native run that takes long does. */
function block(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function damaged(values: Float32Array, kind: 'corrupt' | 'not-a-number'): Float32Array {
  if (kind === 'not-a-number') return new Float32Array(values.length).fill(NaN);
  // Of the size of true outputs and larger, so that nothing but a comparison finds it.
  return values.map((value, at) => 0.5 - 3 * values[values.length - 1 - at]! - value);
}
