import { Controller, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RouteInput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { EventFeed } from './event-feed.ts';
import { ListeningRight } from './listening-right.ts';

/** Answers with a stream of what changes. */
@Controller()
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly right: ListeningRight,
  ) {}

  @Endpoint(ROUTES.streamEvents)
  async stream(@Input() { query }: RouteInput<typeof ROUTES.streamEvents>, @Caller() caller: Principal, @Req() { headers }: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const last = headers['last-event-id'];
    const after = query.after ?? (typeof last === 'string' && last !== '' ? last : null);
    const stream = await this.feed.listen({ caller, after, isAllowed: () => this.right.holds(headers, caller) });
    void reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      // Proxies such as nginx would hold events back to fill a buffer.
      .header('x-accel-buffering', 'no')
      // Kept open after the stream, the connection would hold up a server that stops.
      .header('connection', 'close')
      .send(stream.body);
  }
}
