import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from './api/exit-code.ts';

/** Waits; Ctrl-C ends it. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw new CliError(EXIT.interrupted, 'Stopped.', { cause: error });
  }
}
