import { type Provider } from '@nestjs/common';
import { type WatchTask } from '../watch-task.ts';

/** Follows the record: detectors of usage and routing, request by request. */
export const followProviders: readonly Provider[] = [];
/** Classes among them that run as tasks. */
export const followTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [];
