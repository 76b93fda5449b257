import { type Provider } from '@nestjs/common';
import { type WatchTask } from '../watch-task.ts';
import { AlertTask } from './alert-task.ts';

/** Evaluates rules over readings and keeps the life of alerts. */
export const alertProviders: readonly Provider[] = [AlertTask];
/** Classes among them that run as tasks. */
export const alertTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [AlertTask];
