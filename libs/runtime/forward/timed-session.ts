import { type InferenceSession } from 'onnxruntime-node';
import { type ProbeOutcome } from '../health/expert-watch.ts';
import { type Session } from './direct-session.ts';

/** When the engine's thread last ended something that nothing else can run beside. */
export interface RunClock {
  lastEndMs: number;
}

/** A session that tells how long its latest run took. */
export interface TimedSession {
  run(feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType>;
  /** To be read as soon as a run has resolved: the next run changes it. */
  readonly lastRunMs: number;
  /** Of an expert: whether it still gives what it gave when it was loaded. */
  probe?(): Promise<ProbeOutcome>;
  /** It is likely to run soon; left out where there is nothing to get ready. */
  expect?(): void;
  release(): Promise<void>;
}

/**
 * Times a session's runs. Runs of all sessions are executed one after the other on the engine's thread,
 * so a run lasts from its issue, or from the end of the one before where that is later: what other
 * releases ran in between is not its own.
 */
export function timedSession(session: Pick<Session, 'run' | 'runNow' | 'release'>, clock: RunClock, nowMs: () => number): TimedSession {
  let lastRunMs = 0;
  return {
    async run(feeds) {
      const issuedMs = nowMs();
      // Nothing waits for a turn of the event loop where a run can be made at once.
      const outputs = session.runNow ? session.runNow(feeds) : await session.run(feeds);
      const endMs = nowMs();
      lastRunMs = endMs - Math.max(issuedMs, clock.lastEndMs);
      clock.lastEndMs = endMs;
      return outputs;
    },
    get lastRunMs() {
      return lastRunMs;
    },
    release: () => session.release(),
  };
}
