import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { freezeBody, FREEZES, type FreezesPort } from '../freezes/freezes.controller.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { CHANGES, type ChangesPort } from './change-ports.ts';
import { listedBody } from './change-view.ts';

const MAX_RANGE_MS = 100 * 24 * 3_600_000;
const MAX_ITEMS = 500;

/** What is frozen and what is scheduled in some days. */
@Injectable()
export class ChangeCalendar {
  constructor(
    @Inject(CHANGES) private readonly changes: Pick<ChangesPort, 'scheduledBetween'>,
    @Inject(FREEZES) private readonly freezes: Pick<FreezesPort, 'between'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** @throws ProblemError 400 where the range is empty or too long */
  async between({ from, to, model }: RouteInput<typeof ROUTES.getChangeCalendar>['query']): Promise<RouteOutput<typeof ROUTES.getChangeCalendar>> {
    const range = { fromMs: Date.parse(from), toMs: Date.parse(to), model: model ?? null, limit: MAX_ITEMS + 1 };
    if (range.toMs <= range.fromMs || range.toMs - range.fromMs > MAX_RANGE_MS) {
      throw new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: 'Query field to: give a time after from, at most 100 days later.', field: 'to' });
    }
    const [freezes, scheduled] = await Promise.all([this.freezes.between(range), this.changes.scheduledBetween(range)]);
    const nowMs = this.settings.now();
    return {
      freezes: freezes.slice(0, MAX_ITEMS).map((freeze) => freezeBody(freeze, nowMs)),
      scheduled: scheduled.slice(0, MAX_ITEMS).map(listedBody),
      isComplete: freezes.length <= MAX_ITEMS && scheduled.length <= MAX_ITEMS,
    };
  }
}
