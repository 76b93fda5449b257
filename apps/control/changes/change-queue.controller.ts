import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { ChangeCalendar } from './change-calendar.ts';
import { ChangePreviews } from './change-preview.ts';
import { ChangeQueue } from './change-queue.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Change requests for who works on them. */
@Controller()
export class ChangeQueueController {
  constructor(
    private readonly queue: ChangeQueue,
    private readonly previews: ChangePreviews,
    private readonly calendar: ChangeCalendar,
  ) {}

  @Endpoint(ROUTES.listChangeQueue)
  list(@Input() { query }: In<'listChangeQueue'>, @Caller() caller: Principal): Out<'listChangeQueue'> {
    return this.queue.page(query, caller);
  }

  @Endpoint(ROUTES.previewChange)
  preview(@Input() { body }: In<'previewChange'>, @Caller() caller: Principal): Out<'previewChange'> {
    return this.previews.of(body, caller);
  }

  @Endpoint(ROUTES.getChangeStanding)
  standing(@Input() { params }: In<'getChangeStanding'>, @Caller() caller: Principal): Out<'getChangeStanding'> {
    return this.queue.standing(params.changeId, caller);
  }

  @Endpoint(ROUTES.getChangeCalendar)
  days(@Input() { query }: In<'getChangeCalendar'>): Out<'getChangeCalendar'> {
    return this.calendar.between(query);
  }
}
