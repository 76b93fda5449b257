import { type Provider } from '@nestjs/common';
import { MARKS, type Mark } from '#libs/store/overview/change-marks';
import { CHANGE_MARKS, type ChangeMarksPort } from '../events/event-feed.ts';
import { OVERVIEW_RECORDS, type OverviewRecords } from '../overview/overview-desk.ts';

const NONE = { requests: 0, answered: 0, cancelled: 0, failed: 0, promptTokens: 0, completionTokens: 0, withFirstToken: 0, durationMs: null, timeToFirstTokenMs: null };

/** Nothing happens and nothing is recorded: what the store does is tested on a database. */
export const fakeOverviewPorts: readonly Provider[] = [
  { provide: OVERVIEW_RECORDS, useValue: { annotations: { list: async () => [] }, figures: { read: async () => ({ total: NONE, buckets: [] }) } } satisfies OverviewRecords },
  { provide: CHANGE_MARKS, useValue: { read: async () => ({ auditId: 0, auditAreas: [], marks: Object.fromEntries(MARKS.map((mark) => [mark, ''])) as Record<Mark, string> }) } satisfies ChangeMarksPort },
];
