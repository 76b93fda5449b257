import { type Provider } from '@nestjs/common';
import { type WatchTask } from '../watch-task.ts';
import { RemindTask } from './remind-task.ts';

/** Says which reviews are owed and overdue. */
export const remindProviders: readonly Provider[] = [RemindTask];
/** Classes among them that run as tasks. */
export const remindTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [RemindTask];
