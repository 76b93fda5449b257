import {
  adoptBody,
  adoptHeaders,
  baselineBody,
  baselineParams,
  baselineSchema,
  baselinesQuery,
  baselinesSchema,
  detectionSchema,
  readingHistoryQuery,
  readingHistorySchema,
  readingSeriesQuery,
  readingSeriesSchema,
  readingsQuery,
  readingsSchema,
  signalsSchema,
} from './detection.ts';
import { type Route } from './route.ts';

const EXAMPLE = { params: { baselineId: '0197280f-6000-7000-8000-000000000001' } };
// Segments of baselines and labels of readings can name tenants.
const reading = { tag: 'detection', tenancy: 'none', needs: 'read', method: 'get', status: 200 } as const;
const acting = { tag: 'detection', tenancy: 'none', needs: 'operate', method: 'post' } as const;

/** Baselines, what the detectors read, and how far they are. */
export const detectionRoutes = {
  createBaseline: {
    ...acting, operationId: 'createBaseline', path: '/baselines', summary: 'Freeze a baseline of recorded traffic',
    description: 'Answers at once; the watch freezes it, layer by layer. Nothing is compared with it before it is adopted.',
    body: baselineBody, status: 202, response: baselineSchema,
    problems: { 404: 'No such model or release.', 409: 'The release is of another model, or too many baselines are freezing.' },
    example: { body: { model: 'tiny-mixtral', requests: 5000, segments: [{ task: 'chat' }], mixByHour: true } },
  },
  listBaselines: { ...reading, operationId: 'listBaselines', path: '/baselines', summary: 'Baselines, newest first', query: baselinesQuery, response: baselinesSchema },
  getBaseline: {
    ...reading, operationId: 'getBaseline', path: '/baselines/{baselineId}', summary: 'One baseline and its progress', description: 'The ETag is the generation.',
    params: baselineParams, response: baselineSchema, problems: { 404: 'No such baseline.' }, example: EXAMPLE,
  },
  adoptBaseline: {
    ...acting, operationId: 'adoptBaseline', path: '/baselines/{baselineId}/adopt', summary: 'Compare with this baseline from now on',
    description: 'For its release, and for releases of the model that have none of their own if it is the last one adopted. Their detectors begin anew. Where the model changes only by approved changes, the account that had it frozen cannot adopt it.',
    params: baselineParams, headers: adoptHeaders, body: adoptBody, status: 200, response: baselineSchema,
    problems: { 403: 'Another account must adopt it.', 404: 'No such baseline.', 409: 'It is not frozen.', 412: 'Someone else changed it since: read it again.' },
    example: { ...EXAMPLE, headers: { 'if-match': '"1"' }, body: { reason: 'the campaign is over' } },
  },
  cancelBaseline: {
    ...acting, operationId: 'cancelBaseline', path: '/baselines/{baselineId}/cancel', summary: 'Stop freezing a baseline',
    params: baselineParams, status: 200, response: baselineSchema, problems: { 404: 'No such baseline.', 409: 'It has already ended.' }, example: EXAMPLE,
  },
  listReadings: {
    ...reading, operationId: 'listReadings', path: '/readings', summary: 'What the detectors say now', description: 'The newest reading of each signal and label set.',
    query: readingsQuery, response: readingsSchema, example: { query: { signal: 'router-shift' } },
  },
  listReadingHistory: {
    ...reading, operationId: 'listReadingHistory', path: '/readings/history', summary: 'What the detectors said, newest first', description: 'One reading a minute of each label set, kept for 90 days.',
    query: readingHistoryQuery, response: readingHistorySchema, example: { query: { signal: 'mix-shift' } },
  },
  getReadingSeries: {
    ...reading, operationId: 'getReadingSeries', path: '/readings/series', summary: 'What the detectors said over time, to be drawn', description: 'The history of each label set, minutes put together so that a point count is kept.',
    query: readingSeriesQuery, response: readingSeriesSchema, example: { query: { signal: 'collapse', layer: '2' } },
  },
  listSignals: { ...reading, operationId: 'listSignals', path: '/signals', summary: 'What is measured or tested: definition, unit and direction of each signal', response: signalsSchema },
  getDetection: { ...reading, operationId: 'getDetection', path: '/detection', summary: 'What is watched against which baseline, and how far the detectors are', response: detectionSchema },
} as const satisfies Record<string, Route>;
