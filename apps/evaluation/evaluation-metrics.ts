import { type Meter } from '@opentelemetry/api';
import { SECONDS_BUCKETS } from '#libs/platform/telemetry/metrics';
import { type RunClaims } from '#libs/store/evaluation/run-claims';
import { type RunPorts } from './conduct-run.ts';
import { type RunEnding } from './run-desk.ts';

export interface EvaluationMetrics {
  readonly onStep: RunPorts['onStep'];
  readonly onEnding: (kind: string, ending: RunEnding['ended']) => void;
}

/** Figures of the runs. A database that is away leaves out those that are asked of it. */
export function evaluationMetrics(meter: Meter, claims: Pick<RunClaims, 'open'>, onError: (error: unknown) => void): EvaluationMetrics {
  const open = meter.createObservableGauge('signalbox.evaluation.runs.open', { description: 'Evaluation runs that wait or are under way, by state, of all processes.' });
  const ended = meter.createCounter('signalbox.evaluation.runs', { description: 'Evaluation runs that ended in this process, by kind and how; lost: cancelled or taken over.' });
  const steps = meter.createCounter('signalbox.evaluation.steps', { description: 'Steps of evaluation runs, measured or known before.' });
  const rows = meter.createCounter('signalbox.evaluation.rows', { description: 'Tokens run through all layers for evaluation runs.' });
  const durations = meter.createHistogram('signalbox.evaluation.step.duration', { unit: 's', description: 'Time to measure a step.', advice: { explicitBucketBoundaries: SECONDS_BUCKETS } });
  open.addCallback(async (result) => {
    try {
      for (const [state, count] of Object.entries(await claims.open())) result.observe(count, { state });
    } catch (error) {
      onError(error);
    }
  });
  return {
    onStep: (step) => {
      steps.add(1, { how: step.how });
      if (step.how === 'known') return;
      rows.add(step.rows);
      durations.record(step.seconds);
    },
    onEnding: (kind, ending) => ended.add(1, { kind, ended: ending }),
  };
}
