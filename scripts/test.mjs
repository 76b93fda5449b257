// The whole suite, a step at a time, each with its duration; stops at the first step that fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const REPORT = join('dist', 'test-report.json');
const bin = (name) => join('node_modules', '.bin', name);
const STEPS = [
  { name: 'types', command: bin('tsc'), args: ['-p', 'tsconfig.json', '--noEmit'] },
  // Before the dead code: the launchers import what is built.
  { name: 'build', command: process.execPath, args: ['scripts/build.mjs'] },
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--deny-warnings', '.'] },
  { name: 'layers and cycles', command: bin('depcruise'), args: ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'migrations', 'bench', 'test'] },
  { name: 'dead code', command: bin('knip'), args: [] },
  { name: 'unit, integration and end-to-end tests', command: bin('vitest'), args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...process.argv.slice(2)] },
];

/** One plain line with the counts, so that a skipped test is never taken for a passed one. */
function printCounts() {
  if (!existsSync(REPORT)) return;
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`);
}

rmSync(REPORT, { force: true });
const startedMs = Date.now();
for (const [index, { name, command, args }] of STEPS.entries()) {
  const stepMs = Date.now();
  console.log(`\n[${index + 1}/${STEPS.length}] ${name}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(error.message);
  if (status !== 0) {
    printCounts();
    console.error(`\n${name}: failed`);
    process.exit(status ?? 1);
  }
  console.log(`${name}: passed in ${((Date.now() - stepMs) / 1000).toFixed(1)} s`);
}
console.log('');
console.log(`All ${STEPS.length} steps passed in ${((Date.now() - startedMs) / 1000).toFixed(0)} s.`);
printCounts();
