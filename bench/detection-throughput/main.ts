import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { format, summarise } from '../harness/summary.ts';
import { type Shape } from './shape.ts';
import { prepare, rate, type Work } from './work.ts';

const RUNS = Number(option('runs', '5'));
const SECONDS = Number(option('seconds', '3'));
const SEED = Number(option('seed', '7'));
const TOKENS = Number(option('tokens', '128'));
const SHAPES: readonly Shape[] = [
  { layers: 32, experts: 64, topK: 2, tokens: TOKENS },
  { layers: 58, experts: 256, topK: 8, tokens: TOKENS },
];

interface Rates {
  readonly decode: number;
  readonly aggregate: number;
  readonly detect: number;
  readonly changed: number;
  readonly read: number;
}

function measure(work: Work): Rates {
  return {
    decode: rate(work.decode, SECONDS),
    aggregate: rate(work.aggregate, SECONDS),
    detect: rate(work.detect, SECONDS),
    changed: rate(work.detectChanged, SECONDS),
    read: rate(work.read, SECONDS),
  };
}

/** Requests a second of several processes that detect at the same time, each with streams of its own. */
async function together(shapeIndex: number, processes: number): Promise<number[]> {
  const children = Array.from({ length: processes }, (_, index) => fork(process.argv[1]!, ['--child', String(shapeIndex), '--seed', String(SEED + index), '--seconds', String(SECONDS), '--tokens', String(TOKENS)]));
  await Promise.all(children.map((child) => once(child, 'message')));
  const sums: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    for (const child of children) child.send('go');
    const answers = await Promise.all(children.map(async (child) => Number((await once(child, 'message'))[0])));
    sums.push(answers.reduce((a, b) => a + b, 0));
  }
  for (const child of children) child.disconnect();
  return sums;
}

/** A child says that it is ready, then gives a rate each time it is told to go. */
function runChild(shape: Shape): void {
  const work = prepare(shape, SEED);
  rate(work.detect, SECONDS / 2);
  process.on('message', () => process.send?.(rate(work.detect, SECONDS)));
  process.send?.('ready');
}

function perSecond(values: readonly number[]): string {
  return format(summarise(values), 0);
}

async function report(shape: Shape, index: number): Promise<void> {
  const work = prepare(shape, SEED);
  measure(work);
  const runs = Array.from({ length: RUNS }, () => measure(work));
  const of = (pick: (rates: Rates) => number): number[] => runs.map(pick);
  const share = of(({ decode, aggregate, detect }) => (100 / detect) / (1 / decode + 1 / aggregate + 1 / detect));
  console.log(`\n### ${shape.layers} layers x ${shape.experts} experts, top-${shape.topK}, ${shape.tokens} tokens a request\n`);
  console.log('| what | requests a second, median (least to most) |\n|---|---|');
  console.log(`| decode a trace | ${perSecond(of(({ decode }) => decode))} |`);
  console.log(`| aggregate it | ${perSecond(of(({ aggregate }) => aggregate))} |`);
  console.log(`| detect, one process | ${perSecond(of(({ detect }) => detect))} |`);
  console.log(`| detect, two processes | ${perSecond(await together(index, 2))} |`);
  console.log(`| detect while every layer has changed | ${perSecond(of(({ changed }) => changed))} |`);
  console.log(`| decode and aggregate | ${perSecond(of(({ decode, aggregate }) => 1 / (1 / decode + 1 / aggregate)))} |`);
  console.log(`| decode and detect | ${perSecond(of(({ decode, detect }) => 1 / (1 / decode + 1 / detect)))} |`);
  console.log(`\nDetection's share of decode + aggregate + detect: ${format(summarise(share), 1)} %. All layers are read in ${format(summarise(of(({ read }) => 1000 / read)), 1)} ms; a stream's state is ${(work.stateBytes() / 1024).toFixed(0)} KiB of JSON.`);
}

const child = option('child', '');
if (child !== '') {
  runChild(SHAPES[Number(child)]!);
} else {
  console.log(`${describeMachine()}; ${RUNS} runs of ${SECONDS} s after one to warm up; seed ${SEED}`);
  for (const [index, shape] of SHAPES.entries()) await report(shape, index);
}
