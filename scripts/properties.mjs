// Looks for values that break a property: the tests that draw their values, over and over, with a new seed each time.
// Usage: npm run test:properties [-- rounds], 20 rounds without.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const MAX_ROUNDS = 10_000;
const rounds = Number(process.argv[2] ?? 20);
if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
  console.error(`rounds is ${process.argv[2]}: give a whole number from 1 to ${MAX_ROUNDS}`);
  process.exit(2);
}
const files = globSync('{apps,libs,migrations}/**/*.test.ts', { exclude: ['**/node_modules/**'] }).filter((path) => readFileSync(path, 'utf8').includes(`from 'fast-check'`));
console.log(`${files.length} files, ${rounds} rounds; interrupt to stop`);

for (let round = 1; round <= rounds; round += 1) {
  const seed = String(randomInt(2 ** 31));
  const startedMs = Date.now();
  const { status, stdout, stderr } = spawnSync(join('node_modules', '.bin', 'vitest'), ['run', '--project', 'unit', '--reporter=dot', ...files], { encoding: 'utf8', env: { ...process.env, PROPERTY_SEED: seed }, maxBuffer: 2 ** 28 });
  console.log(`[${round}/${rounds}] seed ${seed}: ${status === 0 ? 'passed' : 'failed'} in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  if (status === 0) continue;
  console.error(`${stdout}${stderr}\nAgain: PROPERTY_SEED=${seed} npx vitest run --project unit <file>`);
  process.exit(1);
}
