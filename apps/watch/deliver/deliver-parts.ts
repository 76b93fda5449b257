import { type Provider } from '@nestjs/common';
import { type WatchTask } from '../watch-task.ts';

/** Delivers notifications to receivers. */
export const deliverProviders: readonly Provider[] = [];
/** Classes among them that run as tasks. */
export const deliverTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [];
