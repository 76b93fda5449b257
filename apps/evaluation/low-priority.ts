import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Makes this process give way to all others: it gets what they leave of the processors. On Linux a
 * priority belongs to a thread and passes to those that it starts, so each that is there already is told too.
 * @returns what could not be set; null: all was
 */
export function giveWay(): unknown {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
    if (process.platform === 'linux') for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), constants.priority.PRIORITY_LOW);
    return null;
  } catch (error) {
    return error;
  }
}
