import { type Provider } from '@nestjs/common';
import { type WatchTask } from '../watch-task.ts';
import { WatchFigures } from './watch-figures.ts';

/** Shows at /metrics how the outbox stands. */
export const figureProviders: readonly Provider[] = [WatchFigures];
export const figureTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [WatchFigures];
