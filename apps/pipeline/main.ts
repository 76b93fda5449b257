import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { readRoleSettings } from '#libs/platform/role/role-process';
import { runRole } from '#libs/platform/role/run-role';
import { connectCaptureQueue } from '#libs/queue/connect';
import { migrateAt } from '#libs/store/data-source';
import { databaseCheck } from '#libs/store/database-check';
import { PipelineModule } from './pipeline.module.ts';

/** The pipeline role in a process of its own: alone, or as the child of a standalone Signalbox. */
const { config, databaseUrl } = readRoleSettings('pipeline');
await runRole(config, {
  name: 'pipeline',
  open: async (logger) => {
    await migrateAt(databaseUrl, 'signalbox-pipeline');
    const queue = connectCaptureQueue({ databaseUrl, redisUrl: config.queue.redisUrl });
    await queue.prepare();
    return PipelineModule.forRoot({ config, databaseUrl, queue, logger, now: Date.now });
  },
  check: (app) => databaseCheck(app.get(DataSource)),
  operations: { port: config.pipeline.operationsPort, setting: 'SIGNALBOX_PIPELINE_PORT' },
  ready: 'the pipeline takes batches',
});
