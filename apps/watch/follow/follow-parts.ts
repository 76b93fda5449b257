import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { TraceSealer } from '#libs/record/seal';
import { DetectorStates } from '#libs/store/detection/detector-states';
import { FollowedLedger } from '#libs/store/detection/followed-ledger';
import { Freezing } from '#libs/store/detection/freezing';
import { Readings } from '#libs/store/detection/readings';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { FollowMetrics } from './follow-metrics.ts';
import { FollowTask } from './follow-task.ts';
import { Freezer } from './freezer.ts';
import { StreamSet } from './stream-set.ts';
import { ReadingUpkeep } from './upkeep.ts';

const IDLE_MS = 500;
const UPKEEP_MS = 5000;

/** Follows the record: detectors of usage and routing, request by request. */
export const followProviders: readonly Provider[] = [{ provide: FollowTask, inject: [DataSource, WATCH_OPTIONS], useFactory: followTask }];
/** Classes among them that run as tasks. */
export const followTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [FollowTask];

export function followTask(dataSource: DataSource, { config, logger, now }: Pick<WatchOptions, 'config' | 'logger' | 'now'>, { idleMs = IDLE_MS, upkeepMs = UPKEEP_MS } = {}): FollowTask {
  const { isOn, baselineRequests, falseAlarmsPerMonth, maxStreams } = config.detection;
  const { mode, share } = config.capture;
  if (isOn && (mode === 'aggregate' || share < 1)) {
    logger.warn({ capture: mode, share }, mode === 'aggregate' ? 'no traces are kept: detectors of usage and routing see nothing' : 'a share of the traces is kept: detectors of usage and routing see that share, and find shifts as many times later');
  }
  const states = new DetectorStates(dataSource);
  const readings = new Readings(dataSource);
  const freezing = new Freezing(dataSource);
  const sealer = new TraceSealer({ current: loadTraceKey(config.home, config.capture.traceKey), older: config.capture.olderTraceKeys });
  const parts = {
    dataSource, states, readings, freezing, sealer, logger,
    ledger: new FollowedLedger(dataSource),
    streams: new StreamSet(states, freezing, maxStreams),
    metrics: new FollowMetrics(),
    upkeep: new ReadingUpkeep(dataSource, readings, states),
    freezer: new Freezer(freezing, sealer, { falseAlarmsPerMonth, now }),
  };
  return new FollowTask(parts, { isOn, baselineRequests, now, idleMs, upkeepMs });
}
