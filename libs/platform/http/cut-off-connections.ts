import { type Server } from 'node:http';

/**
 * For a server that is about to close, and so waits for its connections. Node ends idle ones, but not
 * those that never sent a request, as browsers and HTTP clients open in advance. Ends all that are
 * still there after `graceMs`; it does not keep the process alive for that.
 */
export function cutOffConnections(server: Pick<Server, 'closeAllConnections'>, graceMs: number): void {
  setTimeout(() => server.closeAllConnections(), graceMs).unref();
}
