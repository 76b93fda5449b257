import { type DataSource } from 'typeorm';
import { type TraceSealer } from '#libs/record/seal';
import { Activations } from '#libs/store/activation/activations';
import { ObservedActivations } from '#libs/store/activation/observed-activations';
import { RuleRefusals } from '#libs/store/data-rules/rule-refusals';
import { Baselines } from '#libs/store/detection/baselines';
import { Readings } from '#libs/store/detection/readings';
import { FeedbackRouting } from '#libs/store/feedback/feedback-routing';
import { type ExpertFigures } from '#libs/store/figures/expert-figures';
import { type UsageReader } from '#libs/store/usage/usage-reader';
import { DegradedMinutes } from '#libs/store/quarantine/degraded-minutes';
import { QuarantineHolds } from '#libs/store/quarantine/quarantine-holds';
import { Quarantines } from '#libs/store/quarantine/quarantines';
import { type AvailabilityPorts } from './availability-readings.ts';
import { ExpertSpeeds } from './expert-speeds.ts';
import { FeedbackJoiner } from './join-feedback.ts';
import { ReferenceUsage } from './reference-usage.ts';

/** What a round reads from and writes to. */
export interface MeasurePorts {
  readonly dataSource: DataSource;
  readonly usage: Pick<UsageReader, 'usageMatrix'>;
  readonly activations: Pick<Activations, 'list'>;
  readonly processes: Pick<ObservedActivations, 'list'>;
  readonly baselines: Pick<Baselines, 'adopted'>;
  readonly readings: Pick<Readings, 'save' | 'remove' | 'current'>;
  readonly references: ReferenceUsage;
  readonly speeds: ExpertSpeeds;
  readonly feedback: FeedbackRouting;
  readonly joiner: FeedbackJoiner;
  readonly refusals: Pick<RuleRefusals, 'count'>;
  readonly availability: AvailabilityPorts;
}

export function storedMeasurePorts(dataSource: DataSource, usage: UsageReader, figures: ExpertFigures, sealer: TraceSealer, now: () => number): MeasurePorts {
  const feedback = new FeedbackRouting(dataSource);
  return {
    dataSource,
    usage,
    activations: new Activations(dataSource),
    processes: new ObservedActivations(dataSource),
    baselines: new Baselines(dataSource),
    readings: new Readings(dataSource),
    references: new ReferenceUsage(usage),
    speeds: new ExpertSpeeds(figures),
    feedback,
    joiner: new FeedbackJoiner(feedback, sealer, now),
    refusals: new RuleRefusals(dataSource),
    availability: { quarantines: new Quarantines(dataSource), holds: new QuarantineHolds(dataSource), degraded: new DegradedMinutes(dataSource) },
  };
}
