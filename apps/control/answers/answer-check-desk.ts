import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type AnswerCheckBucket, type AnswerChecks } from '#libs/store/answers/answer-checks';
import { chooseReleaseIds } from '../routing/release-ids.ts';
import { timeWindow, wholeHours, windowBody } from '../routing/time-window.ts';
import { RELEASE_CATALOG, type ReleaseCatalog } from '../routing/usage-reader.ts';
import { withhold } from '../routing/withhold.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

export const ANSWER_CHECK_READER = Symbol('AnswerCheckReader');
export type AnswerCheckReader = Pick<AnswerChecks, 'read'>;

type Output = RouteOutput<typeof ROUTES.getAnswerChecks>;
type Counted = Output['releases'][number]['total'];

const STEP_MS = { hour: 3_600_000, day: 86_400_000 } as const;
const MAX_BUCKETS = 1500;

/** How answers kept to the response formats that requests asked for. */
@Injectable()
export class AnswerCheckDesk {
  constructor(
    @Inject(ANSWER_CHECK_READER) private readonly checks: AnswerCheckReader,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async read({ from, to, tenant, schema, step, ...asked }: RouteInput<typeof ROUTES.getAnswerChecks>['query']): Promise<Output> {
    const { model, releaseIds } = await chooseReleaseIds(this.catalog, asked);
    const window = wholeHours(timeWindow(from, to, this.settings.now()));
    if ((window.toMs - window.fromMs) / STEP_MS[step] > MAX_BUCKETS) {
      throw new ProblemError({ status: 400, code: 'too_many_buckets', title: 'The time range is too long', detail: `Query field from: at most ${MAX_BUCKETS} buckets are given; shorten the range or set step to day.`, field: 'from' });
    }
    const found = await this.checks.read({ releaseIds, ...window, tenant: tenant ?? null, schema: schema ?? null, stepMs: STEP_MS[step] });
    const byRelease = Map.groupBy(found, ({ releaseId }) => releaseId);
    const releases = Array.from(byRelease, ([release, rows]) => ({
      release,
      total: this.#counted(rows.find(({ atMs }) => atMs === null)),
      buckets: rows.flatMap((row) => (row.atMs === null ? [] : [{ at: new Date(row.atMs).toISOString(), ...this.#counted(row) }])),
    }));
    return { model, window: windowBody(window), step, releases };
  }

  #counted(row: AnswerCheckBucket | undefined): Counted {
    const { requests = 0, valid = 0, invalid = 0, incomplete = 0 } = row ?? {};
    const withheld = withhold(requests, this.settings.minRequests);
    if (withheld) return { withheld };
    return { requests, valid, invalid, incomplete, validShare: valid / Math.max(1, valid + invalid + incomplete) };
  }
}
