import { join } from 'node:path';
import { type Config } from '#libs/platform/config/config';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { systemClock } from '#libs/record/clock';
import { type CaptureLedger, type CaptureProducer, Handover, type HandoverProgress } from '#libs/record/handover';
import { TraceSealer } from '#libs/record/seal';
import { Spool } from '#libs/record/spool';
import { type CaptureLog, NoCaptureLog, SpoolingCaptureLog } from './capture-log.ts';

/** A batch is closed at this size or age, whichever comes first. */
const SEGMENT_BYTES = 256 * 1024;
/** A trace can be read about this long after its answer. */
const SEGMENT_AGE_MS = 1000;
/** Each batch costs a job and two transactions, which is most of what capture costs: under steady traffic there are fewer, larger ones. */
const STEADY_AGE_MS = 3000;

/** Takes traces into the spool and hands them over to the queue. */
export interface TraceTransport {
  readonly log: CaptureLog;
  /** null: capture is off. */
  progress(): HandoverProgress | null;
  start(): void;
  /** Hands over what it can in the time given; what is left stays in the spool for the next start. */
  stop(graceMs: number): Promise<void>;
}
export const TRACE_TRANSPORT = Symbol('TraceTransport');

/** Opens the spool under SIGNALBOX_HOME, adopting what an earlier process left there. */
export async function openTraceTransport(
  { home, capture }: Pick<Config, 'home' | 'capture'>,
  producer: CaptureProducer,
  ledger: CaptureLedger,
): Promise<TraceTransport> {
  if (capture.mode === 'off') return { log: new NoCaptureLog(), progress: () => null, start: () => undefined, stop: async () => undefined };
  const spool = await Spool.open({
    root: join(home, 'spool'),
    durability: capture.durability,
    segmentBytes: SEGMENT_BYTES,
    segmentAgeMs: SEGMENT_AGE_MS,
    steadyAgeMs: STEADY_AGE_MS,
    maxBytes: capture.spoolMaxBytes,
    clock: systemClock,
  });
  const sealer = new TraceSealer({ current: loadTraceKey(home, capture.traceKey) });
  const handover = new Handover(spool, producer, ledger, systemClock, { transport: capture.transport });
  return {
    log: new SpoolingCaptureLog(sealer, spool),
    progress: () => handover.progress(),
    start: () => handover.start(),
    stop: async (graceMs) => {
      await handover.drain(graceMs);
      await handover.stop();
      await spool.close();
    },
  };
}
