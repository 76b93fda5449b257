import { join } from 'node:path';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DamageBench, drawLost, LADDERS } from './damage.ts';
import { ride } from './storm.ts';

const median = (values: readonly number[]): string => (values.length === 0 ? '-' : `${values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!.toFixed(0)} ms`);
const largest = (values: readonly number[]): string => (values.length === 0 ? '-' : `${Math.max(...values).toFixed(0)} ms`);

/** Bits per byte with 0 to all but one expert of each layer taken away, for each rung. */
async function damage(home: string): Promise<void> {
  const draws = Number(option('draws', '3'));
  const directory = option('text', '');
  const bench = await DamageBench.open(join(home, 'damage'), directory, Number(option('max-tokens', '6000')), Number(option('threads', '2')));
  const { shape } = bench.manifest;
  const generalists = await bench.busiest();
  const plain = await bench.measure(['renormalise'], null, null);
  console.log(`\nQuality by rung: ${bench.text.windows.length} windows, ${bench.text.bytes} bytes of ${directory === '' ? 'the prompts of the demo model' : directory}; ${draws} draws of lost experts; generalists ${generalists.join(', ')}`);
  console.log(`\nlost of ${shape.experts}   decisions hit   ${LADDERS.map(({ name }) => name.padStart(30)).join('')}   (bits/byte, change; mean of draws, worst)`);
  console.log(`0              0.0 %   ${LADDERS.map(() => plain.bitsPerByte.toFixed(4).padEnd(24).padStart(30)).join('')}`);
  for (let lost = 1; lost < shape.experts; lost++) {
    const cells: string[] = [];
    let hit = 0;
    for (const { ladder } of LADDERS) {
      const found: number[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const { bitsPerByte, degradedShare } = await bench.measure(ladder, generalists, drawLost(shape, lost, draw, generalists));
        found.push(bitsPerByte);
        // That of the last rung: its own choices do not hide what the router wanted.
        hit = degradedShare;
      }
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
      const change = (value: number): string => `${((value / plain.bitsPerByte - 1) * 100).toFixed(1)} %`;
      cells.push(`${mean.toFixed(4)} +${change(mean)}, ${change(Math.max(...found))}`.padStart(30));
    }
    console.log(`${String(lost).padEnd(12)} ${`${(hit * 100).toFixed(1)} %`.padStart(7)}   ${cells.join('')}`);
  }
}

async function storm(home: string): Promise<boolean> {
  const options = { seconds: Number(option('seconds', '60')), parallel: Number(option('parallel', '8')), stormMs: Number(option('storm-ms', '6000')), calmMs: Number(option('calm-ms', '4000')) };
  const report = await ride(home, options);
  console.log(`\n${report.storms} storms of ${options.stormMs} ms in ${options.seconds} s, half of the experts of each layer: ${report.requests.storm + report.requests.calm} answered, ${report.failures.length} failed`);
  console.log(`answers a second: ${report.rate.calm.toFixed(1)} in calm, ${report.rate.storm.toFixed(1)} in storms`);
  console.log('\nkind           out of service: median   longest   ended unseen');
  for (const [kind, values] of Object.entries(report.detectMs)) {
    console.log(`${kind.padEnd(14)} ${median(values).padStart(23)} ${largest(values).padStart(9)} ${String(report.unseen[kind as keyof typeof report.unseen]).padStart(14)}`);
  }
  console.log(`all back after a storm: median ${median(report.recoverMs)}, longest ${largest(report.recoverMs)}`);
  for (const failure of report.failures.slice(0, 5)) console.log(`failed: ${failure}`);
  return report.failures.length === 0;
}

await withHome(async (home) => {
  console.log(describeMachine());
  const part = option('part', 'both');
  if (part !== 'storm') await damage(home);
  if (part !== 'damage' && !(await storm(home))) process.exitCode = 1;
});
