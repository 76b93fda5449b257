// The whole suite, each step with its duration; stops at the first step that fails.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const REPORT = join('dist', 'test-report.json');
const bin = (name) => join('node_modules', '.bin', name);
/** Steps of a lane run one after the other, the lanes of a stage at the same time: each step uses little more than one core. */
const STAGES = [
  [
    [
      { name: 'types', command: bin('tsc'), args: ['-p', 'tsconfig.json', '--noEmit'] },
      { name: 'layers and cycles', command: bin('depcruise'), args: ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'migrations', 'bench', 'test'] },
    ],
    [
      // Before the dead code: the launchers import what is built.
      { name: 'build', command: process.execPath, args: ['scripts/build.mjs'] },
      { name: 'types of the console', command: bin('tsc'), args: ['-p', 'apps/console/tsconfig.json'] },
      { name: 'dead code', command: bin('knip'), args: [] },
      { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--deny-warnings', '.'] },
    ],
  ],
  [[{ name: 'unit, integration and end-to-end tests', command: bin('vitest'), args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...process.argv.slice(2)] }]],
];
const STEPS = STAGES.flat(2).length;

const seconds = (sinceMs, digits) => `${((Date.now() - sinceMs) / 1000).toFixed(digits)} s`;
let started = 0;
/** Set by the first step that fails: no further step begins. */
let failed = null;

/** Runs a step; what it prints is held back where another runs beside it, so that the two do not mix. */
function run({ name, command, args }, isHeldBack) {
  const stepMs = Date.now();
  const title = `\n[${(started += 1)}/${STEPS}] ${name}`;
  if (!isHeldBack) console.log(title);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: isHeldBack ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
    // 'close' follows in either case, with a negative status after an error.
    child.once('error', (problem) => chunks.push(Buffer.from(`${problem.message}\n`)));
    child.once('close', (status) => {
      if (isHeldBack) console.log(title);
      process.stdout.write(Buffer.concat(chunks));
      if (status === 0) console.log(`${name}: passed in ${seconds(stepMs, 1)}`);
      else failed ??= { name, status: status !== null && status > 0 ? status : 1 };
      resolve();
    });
  });
}

async function runLane(lane, isHeldBack) {
  for (const step of lane) if (failed === null) await run(step, isHeldBack);
}

/** One plain line with the counts, so that a skipped test is never taken for a passed one. */
function printCounts() {
  if (!existsSync(REPORT)) return;
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`);
}

rmSync(REPORT, { force: true });
const startedMs = Date.now();
for (const lanes of STAGES) {
  await Promise.all(lanes.map((lane) => runLane(lane, lanes.length > 1)));
  if (failed !== null) {
    printCounts();
    console.error(`\n${failed.name}: failed`);
    process.exit(failed.status);
  }
}
console.log('');
console.log(`All ${STEPS} steps passed in ${seconds(startedMs, 0)}.`);
printCounts();
