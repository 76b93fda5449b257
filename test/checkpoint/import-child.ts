import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';

// node import-child.ts CHECKPOINT HOME: imports, a line on standard output for each step forward.
const [directory = '', home = ''] = process.argv.slice(2);
const result = await importCheckpoint({
  directory,
  model: 'tiny-mixtral',
  store: await ComponentStore.open(join(home, 'components')),
  journalDirectory: join(home, 'imports'),
  onProgress: ({ phase, bytesDone }) => console.log(`${phase} ${bytesDone}`),
});
console.log(`done ${result.releaseId}`);
