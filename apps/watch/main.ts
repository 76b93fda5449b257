import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { readRoleSettings } from '#libs/platform/role/role-process';
import { runRole } from '#libs/platform/role/run-role';
import { applicationUrl, migrateAt } from '#libs/store/data-source';
import { databaseCheck } from '#libs/store/database-check';
import { WatchModule } from './watch.module.ts';

/** The watch role in a process of its own: alone, or as the child of a standalone Signalbox. */
const { config, databaseUrl } = readRoleSettings('watch');
await runRole(config, {
  name: 'watch',
  open: async (logger) => {
    await migrateAt(databaseUrl, 'signalbox-watch');
    return WatchModule.forRoot({ config, databaseUrl: await applicationUrl(databaseUrl), queueUrl: databaseUrl, logger, now: Date.now });
  },
  check: (app) => databaseCheck(app.get(DataSource)),
  operations: { port: config.watch.operationsPort, setting: 'SIGNALBOX_WATCH_PORT' },
  ready: 'the watch follows the record',
});
