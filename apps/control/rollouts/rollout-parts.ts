import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RolloutEvidenceReader } from '#libs/store/rollouts/evidence-reader';
import { RolloutHistory } from '#libs/store/rollouts/rollout-history';
import { Rollouts } from '#libs/store/rollouts/rollouts';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { RolloutActs } from './rollout-acts.ts';
import { RolloutDesk } from './rollout-desk.ts';
import { RolloutFigures } from './rollout-figures.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from './rollout-records.ts';
import { RolloutRunner } from './rollout-runner.ts';
import { RolloutsController } from './rollouts.controller.ts';

export const rolloutControllers = [RolloutsController];
export const rolloutProviders: Provider[] = [RolloutActs, RolloutDesk, RolloutRunner, RolloutFigures];

/** Ports over the store. */
export const storedRolloutPorts: Provider[] = [
  { provide: ROLLOUT_RECORDS, inject: [DataSource, UsageReader], useFactory: storedRolloutRecords },
];

function storedRolloutRecords(dataSource: DataSource, usage: UsageReader): RolloutRecords {
  return { rollouts: new Rollouts(dataSource), history: new RolloutHistory(dataSource), evidence: new RolloutEvidenceReader(dataSource, usage) };
}
