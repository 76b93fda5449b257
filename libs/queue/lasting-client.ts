import pg from 'pg';

/**
 * A connection that its server may close at any time. pg tells of a lost connection by an event too, which
 * ends the process where nobody listens; BullMQ does not while it opens a queue. The query that the loss
 * cuts off fails in any case, and the pool throws the connection away.
 */
export class LastingClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
