import { closeSync, openSync, read } from 'node:fs';

/** Reads ahead under way at once; a disk gains nothing from more. */
const MAX_UNDER_WAY = 4;
const LARGEST_BYTES = 256 * 1024 ** 2;

/** What is read goes nowhere: it is to be in the system's cache when it is read again. */
let nowhere = Buffer.alloc(0);
const underWay = new Map<string, Promise<void>>();

/**
 * Has the system read a file on another thread, so that it lies in its cache by the time it is needed. Does
 * nothing for a file that is being read ahead, nor where too many are. What fails is found out by whoever needs the file.
 * @returns whether it began
 */
export function readAhead(path: string, sizeBytes: number): boolean {
  if (underWay.has(path) || underWay.size >= MAX_UNDER_WAY) return false;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return false;
  }
  const bytes = Math.min(sizeBytes, LARGEST_BYTES);
  if (nowhere.length < bytes) nowhere = Buffer.alloc(bytes);
  // One call for the whole file: a step runs without turns of the event loop, in which a second could be made.
  const { promise, resolve } = Promise.withResolvers<void>();
  read(file, nowhere, 0, bytes, 0, () => {
    underWay.delete(path);
    closeSync(file);
    resolve();
  });
  underWay.set(path, promise);
  return true;
}

/** Ends when a file is not being read ahead any more. */
export function readAheadEnd(path: string): Promise<void> {
  return underWay.get(path) ?? Promise.resolve();
}
