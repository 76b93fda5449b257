import { type Provider } from '@nestjs/common';
import { type WatchTask } from '../watch-task.ts';

/** Measures what the roll-ups show: collapse, dead and hot experts, drops, quality, silence. */
export const measureProviders: readonly Provider[] = [];
/** Classes among them that run as tasks. */
export const measureTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [];
