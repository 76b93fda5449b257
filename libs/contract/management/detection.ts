import { z } from 'zod';
import { SIGNALS } from '#libs/detection/reading/reading';
import { count, figure, instant, layerFilter, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const MIN_SAMPLE = 1000;
const MAX_SAMPLE = 20_000;
const MAX_SEGMENTS = 16;
const sampleRemedy = `give a whole number from ${MIN_SAMPLE} to ${MAX_SAMPLE}`;
const label = z.string().max(256, 'give at most 256 characters');

const segmentLabels = z
  .strictObject({ tenant: label.optional(), task: label.optional(), language: label.optional() })
  .refine((labels) => Object.values(labels).some((value) => value !== undefined), 'name a tenant, a task or a language')
  .meta({ id: 'BaselineSegment', description: 'Requests that carry all these labels.' });

const frozenSegment = z.object({ tenant: z.string().optional(), task: z.string().optional(), language: z.string().optional() }).meta({ id: 'FrozenSegment', description: 'Requests that carry all these labels.' });

const reason = z.string('say why').min(1, 'say why').max(1000, 'give at most 1000 characters');

export const baselineBody = z
  .strictObject({
    model: modelName.describe('Served name.'),
    release: sha256.optional().describe('Of which release; the stable one when left out.'),
    from: instant.optional().describe('Start of the recorded traffic, inclusive. As far back as traces are kept when left out.'),
    to: instant.optional().describe('End, exclusive. Now when left out.'),
    requests: z.int(sampleRemedy).min(MIN_SAMPLE, sampleRemedy).max(MAX_SAMPLE, sampleRemedy).default(5000).describe('Requests drawn from it, for all traffic and again for each segment; 5000 or more find small shifts.'),
    segments: z.array(segmentLabels).max(MAX_SEGMENTS, `give at most ${MAX_SEGMENTS} segments`).default([]).describe('Segments that get streams of their own beside all traffic.'),
    mixByHour: z.boolean().default(false).describe('Takes each hour of the day (UTC) as a known mix: a shift that a mixture of known mixes explains raises no alarm.'),
    mixBySegment: z.enum(['tenant', 'task', 'language'], 'give tenant, task or language').nullable().default(null).describe('Takes each value of this label as a known mix.'),
  })
  .meta({ id: 'BaselineRequest' });

export const baselineSchema = z
  .object({
    id: z.uuid(),
    model: z.string(),
    release: z.string().describe('Whose traffic it is.'),
    layers: count('Layers of the release.'),
    experts: count('Experts of a layer.'),
    state: z.enum(['freezing', 'ready', 'failed', 'cancelled']),
    generation: count('Counts the changes; the ETag.'),
    from: instant.describe('Start of the traffic, inclusive.'),
    to: instant.describe('End, exclusive.'),
    sampleRequests: count('Requests that were to be drawn.'),
    segments: z.array(frozenSegment),
    mixByHour: z.boolean(),
    mixBySegment: z.enum(['tenant', 'task', 'language']).nullable(),
    layersDone: count('Layers that are frozen.'),
    requests: count('Requests that it stands on; 0 while it freezes.'),
    requestsPerMonth: figure('Traffic of the model in 30 days, as estimated when it was frozen: with it the budget of false alarms became the threshold.').nullable(),
    threshold: figure('Wealth at which a stream raises an alarm. Fixed with the baseline.').nullable(),
    note: z.string().nullable().describe('Why it failed, or that it is small.'),
    createdBy: z.string(),
    createdAt: instant,
    endedAt: instant.nullable().describe('When freezing ended.'),
    adoptedAt: instant.nullable().describe('When it was last adopted; null: never.'),
    adoptedBy: z.string().nullable(),
    adoptedReason: z.string().nullable(),
    inForce: z.boolean().describe('The last one adopted of its release.'),
  })
  .meta({ id: 'Baseline' });
export const baselineParams = z.object({ baselineId: z.uuid('give the id of a baseline') });
export const baselinesQuery = z.object({
  ...pageQuery,
  model: modelName.optional().describe('Only of this model.'),
  state: z.enum(['freezing', 'ready', 'failed', 'cancelled'], 'give freezing, ready, failed or cancelled').optional(),
});
export const baselinesSchema = pageOf(baselineSchema, 'Baselines');
export const adoptHeaders = z.object({
  'if-match': z.string('give the ETag of the baseline as you read it, such as "1"').regex(/^"\d{1,9}"$/, 'give the ETag of the baseline as you read it, such as "1"').describe('ETag of the baseline as read before.'),
});
export const adoptBody = z.strictObject({ reason: reason.describe('Why this is the traffic to compare with from now on; kept in the audit log.') }).meta({ id: 'BaselineAdoption' });

const expertEvidence = z
  .object({
    expert: count('From 0.'),
    share: figure('Share of the selections now.').nullable(),
    baselineShare: figure('In the baseline.').nullable(),
    eValue: figure('Against its share being as before.').nullable(),
  })
  .meta({ id: 'ExpertEvidence' });
const signal = z.enum(SIGNALS, `give one of ${SIGNALS.join(', ')}`);
const readingFields = {
  signal,
  labels: z.record(z.string(), z.string()).describe('model, release, layer, expert; tenant, task and language for a segment.'),
  at: instant.describe('Up to when the data goes that it is of.'),
  value: figure('In the unit of the signal: bits for shifts.').nullable(),
  interval: z.object({ low: figure('Lower end.'), high: figure('Upper end.') }).nullable().describe('95 % interval of the value.'),
  alarm: z.boolean().nullable().describe('What the sequential test of the signal says; null for signals that are compared with a limit alone.'),
  evidence: figure('Wealth behind `alarm`; null also where it is beyond all numbers.').nullable(),
};
export const readingSchema = z
  .object({
    ...readingFields,
    experts: z.array(expertEvidence).describe('Experts that the finding names.'),
    baselineId: z.string().nullable(),
    requests: count('Requests that the value is of.').nullable(),
    since: instant.nullable().describe('About when it began.'),
    exampleRequestIds: z.array(z.string()).describe('Requests that show it most.'),
    note: z.string().nullable(),
  })
  .meta({ id: 'Reading' });
const readingFilter = {
  signal: signal.optional().describe('Only this signal.'),
  model: modelName.optional().describe('Only of this model.'),
  release: sha256.optional().describe('Only of this release.'),
  layer: layerFilter,
};
export const readingsQuery = z.object({ ...pageQuery, ...readingFilter });
export const readingsSchema = pageOf(readingSchema, 'Readings');
export const readingHistoryQuery = z.object({
  ...pageQuery,
  ...readingFilter,
  signal: signal.describe('Which signal.'),
  from: instant.optional().describe('Start, inclusive. 24 hours before `to` when left out.'),
  to: instant.optional().describe('End, exclusive. Now when left out.'),
});
export const readingHistorySchema = pageOf(z.object(readingFields).meta({ id: 'PastReading' }), 'PastReadings');

const MAX_POINTS = 500;
const segmentFilter = z.string().max(256, 'give at most 256 characters').optional();
export const readingSeriesQuery = z.object({
  ...readingFilter,
  signal: signal.describe('Which signal.'),
  expert: z.coerce.number('give an expert number from 0').int().min(0, 'give an expert number from 0').max(65_535).optional().describe('Only of this expert, from 0.'),
  tenant: segmentFilter.describe('Only of this tenant.'), task: segmentFilter.describe('Only of this task.'), language: segmentFilter.describe('Only of this language.'),
  exact: z.enum(['true', 'false'], 'give true or false').default('false').describe('true: only the label set that has these labels and no others.'),
  from: instant.optional().describe('Start, inclusive. 24 hours before `to` when left out.'),
  to: instant.optional().describe('End, exclusive. Now when left out.'),
  points: z.coerce.number('give a number of points').int().min(10, 'give 10 to 500').max(MAX_POINTS, 'give 10 to 500').default(300).describe('At most so many points of a label set; minutes are put together to that end.'),
});
export const readingSeriesSchema = z
  .object({
    from: instant, to: instant,
    stepMs: count('Width of a point, milliseconds; whole minutes.'),
    unit: z.string().describe('Of the values; empty for a plain ratio.'),
    series: z.array(z.object({
      labels: z.record(z.string(), z.string()),
      points: z.array(z.object({
        at: instant.describe('Of the newest reading in the point.'), value: figure('Of the newest reading.').nullable(), low: figure('Lower end of its 95 % interval.').nullable(), high: figure('Upper end.').nullable(),
        min: figure('Least value in the point.').nullable(), max: figure('Greatest value in the point.').nullable(), alarm: z.boolean().nullable().describe('Whether any reading in it was in alarm; null for signals without a test.'),
      })).describe('Oldest first.'),
    })).describe('Those with the values furthest from 0 first; at most 20.'),
    omittedSeries: count('Label sets beyond that: narrow the filter.'),
  })
  .meta({ id: 'ReadingSeries' });
export const signalsSchema = z
  .object({
    items: z.array(z.object({
      signal, meaning: z.string().describe('What it means when it fires.'), unit: z.string().describe('Of its value; empty for a plain ratio.'), definition: z.string().describe('What the value is.'), worse: z.enum(['above', 'below']).describe('On which side of a limit it is worse.'),
      hasTest: z.boolean().describe('Whether a sequential test of its own must alarm too.'), needsBaseline: z.boolean().describe('Whether it says nothing without a baseline.'), labels: z.array(z.string()).describe('Labels of its readings.'),
    })),
  })
  .meta({ id: 'Signals' });

export const detectionSchema = z
  .object({
    behindRequests: count('Recorded requests that the detectors have not seen yet.'),
    behindSeconds: figure('Age of the oldest batch among them.'),
    followedRequests: count('Requests followed since the first start.'),
    isRunning: z.boolean().describe('Whether a watch follows the record now.'),
    models: z.array(
      z.object({
        model: z.string(),
        releases: z.array(
          z.object({
            release: z.string(),
            role: z.enum(['stable', 'canary']),
            baselineId: z.string().nullable().describe('Baseline that it is watched against; null: it is not watched.'),
            isOwnBaseline: z.boolean().describe('Whether that is one of its own traffic.'),
            threshold: figure('Wealth at which a stream raises an alarm.').nullable(),
            streams: count('Streams that have seen requests.'),
            requests: count('Requests that the busiest of them has seen.'),
            alarms: count('Readings of usage and routing in alarm.'),
          }),
        ),
        freezing: z.array(z.object({ baselineId: z.string(), release: z.string(), layersDone: count('Layers that are frozen.'), layers: count('Of so many.') })).describe('Baselines that are being made.'),
        status: z.string().describe('In a sentence.'),
      }),
    ),
  })
  .meta({ id: 'Detection' });
