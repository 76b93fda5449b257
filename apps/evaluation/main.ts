import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { readRoleSettings } from '#libs/platform/role/role-process';
import { runRole } from '#libs/platform/role/run-role';
import { applicationUrl, migrateAt } from '#libs/store/data-source';
import { databaseCheck } from '#libs/store/database-check';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { ASSAYS } from './assays.ts';
import { untilIdle } from './end-when-idle.ts';
import { EvaluationModule } from './evaluation.module.ts';
import { giveWay } from './low-priority.ts';

/** The evaluation role in a process of its own: alone, or as the child of a standalone Signalbox, which ends by itself when there is nothing to do. */
const { config, databaseUrl } = readRoleSettings('evaluation');
const unset = giveWay();
const { app, stopping, stop } = await runRole(config, {
  name: 'evaluation',
  open: async (logger) => {
    if (unset !== null) logger.warn({ err: unset }, 'the priority could not be lowered: evaluation runs compete with serving');
    await migrateAt(databaseUrl, 'signalbox-evaluation');
    return EvaluationModule.forRoot({ config, databaseUrl: await applicationUrl(databaseUrl), queueUrl: databaseUrl, assays: ASSAYS, logger, now: Date.now });
  },
  check: (context) => databaseCheck(context.get(DataSource)),
  operations: { port: config.evaluation.operationsPort, setting: 'SIGNALBOX_EVALUATION_PORT' },
  ready: 'evaluation runs are taken',
});
if (process.channel) {
  await untilIdle(app.get(RunClaims), config.evaluation.idleMs, stopping);
  stop('there is nothing to do');
}
