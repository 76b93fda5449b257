import { DataSource } from 'typeorm';
import { runRound } from './alert-fixture.ts';

/** The evaluating part of the watch in a process of its own, to be killed. */
const dataSource = await new DataSource({ type: 'postgres', url: process.env['DATABASE_URL'] ?? '', poolSize: 4, installExtensions: false }).initialize();
process.send?.('started');
for (;;) {
  await runRound(dataSource, Date.now());
  await new Promise((resolve) => setTimeout(resolve, 5));
}
