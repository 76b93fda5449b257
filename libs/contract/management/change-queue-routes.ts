import { calendarQuery, calendarSchema, previewBody, previewSchema, queueQuery, queueSchema, standingSchema } from './change-queue.ts';
import { changeParams } from './changes.ts';
import { type Route } from './route.ts';

const shared = { tag: 'changes', tenancy: 'none', status: 200 } as const;

/** Change requests as who works on them needs them: what they wait for, and what may be done. */
export const changeQueueRoutes = {
  listChangeQueue: {
    ...shared, operationId: 'listChangeQueue', method: 'get', path: '/changes/queue', needs: 'read', query: queueQuery, response: queueSchema,
    summary: 'Change requests with what blocks each, newest first', description: 'Judged for the caller. A page may hold fewer than `limit` where `waitingFor` leaves some out; it is the last one only where nextCursor is null.',
    example: { query: { state: 'pending', waitingFor: 'me' } },
  },
  previewChange: {
    ...shared, operationId: 'previewChange', method: 'post', path: '/changes/preview', needs: 'propose', body: previewBody, response: previewSchema,
    summary: 'What a change would write, and what it would need', description: 'Nothing is stored.', problems: { 409: 'It cannot be planned; the field and the detail say why.' },
    example: { body: { change: { type: 'change-routing-settings', model: 'tiny-mixtral', settings: { topK: 1 }, strategy: { kind: 'at-once' } } } },
  },
  getChangeStanding: {
    ...shared, operationId: 'getChangeStanding', method: 'get', path: '/changes/{changeId}/standing', needs: 'read', params: changeParams, response: standingSchema,
    summary: 'What a request needs and whether it is there, and what the caller may do now', problems: { 404: 'No such request.' }, example: { params: { changeId: '0197280f-6000-7000-8000-000000000001' } },
  },
  getChangeCalendar: {
    ...shared, operationId: 'getChangeCalendar', method: 'get', path: '/change-calendar', needs: 'read', query: calendarQuery, response: calendarSchema,
    summary: 'Freeze windows and scheduled changes of a range of days', example: { query: { from: '2036-12-01T00:00:00Z', to: '2037-01-01T00:00:00Z' } },
  },
} as const satisfies Record<string, Route>;
