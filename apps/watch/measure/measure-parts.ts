import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { TraceSealer } from '#libs/record/seal';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { storedMeasurePorts } from './measure-ports.ts';
import { MEASURE_PORTS, MeasureTask } from './measure-task.ts';

/** Measures what the roll-ups show: collapse, dead and hot experts, drops, quality, silence. */
export const measureProviders: readonly Provider[] = [
  {
    provide: MEASURE_PORTS,
    inject: [DataSource, UsageReader, ExpertFigures, WATCH_OPTIONS],
    useFactory: (dataSource: DataSource, usage: UsageReader, figures: ExpertFigures, { config: { home, capture }, now }: WatchOptions) =>
      storedMeasurePorts(dataSource, usage, figures, new TraceSealer({ current: loadTraceKey(home, capture.traceKey), older: capture.olderTraceKeys }), now),
  },
  MeasureTask,
];
/** Classes among them that run as tasks. */
export const measureTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [MeasureTask];
