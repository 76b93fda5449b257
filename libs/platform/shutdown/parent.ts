/**
 * Calls back when the process that started this one over an IPC channel is gone, in whatever way.
 * Does nothing for a process that was started on its own.
 */
export function onParentGone(stop: () => void): void {
  if (process.channel === undefined || process.channel === null) return;
  process.once('disconnect', stop);
}
