import { createHash } from 'node:crypto';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type Assay, type RunInputs, type RunTools, type Step } from '#libs/evaluation/run/assay';
import { splitMeasured } from '#libs/evaluation/run/result';
import { type Json } from '#libs/evaluation/run/run';
import { type Sha256 } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';
import { EVALUATION_LIMITS } from '#libs/store/evaluation/evaluation-limits';
import { type EvaluationParts } from '#libs/store/evaluation/evaluation-parts';
import { type Claim, type RunClaims } from '#libs/store/evaluation/run-claims';

/** Parts read from the database in one statement. */
const PARTS_AT_ONCE = 200;

export interface RunPorts {
  readonly claims: Pick<RunClaims, 'planned' | 'stepKnown' | 'stepMeasured' | 'succeed'>;
  readonly parts: Pick<EvaluationParts, 'use' | 'read'>;
  readonly tools: RunTools;
  readonly now: () => number;
  /** Told of each step, once its part is there. */
  readonly onStep: (step: { readonly how: 'measured' | 'known'; readonly rows: number; readonly seconds: number }) => void;
}

/** How a run ended for this process; `lost`: it was cancelled, or another process has it. */
export type Conducted = { readonly ended: 'succeeded'; readonly resultDigest: Sha256 } | { readonly ended: 'lost' } | { readonly ended: 'stopped' };

interface KeyedStep {
  readonly key: Sha256;
  readonly step: Step;
}

/**
 * Plans a run, measures the steps whose parts are not there yet, and concludes. May be broken off anywhere
 * and called again, in any process: what it comes to is a function of the parts alone.
 * @param signal asks it to stop after the step under way
 * @throws EvaluationError for what no other try would change; other errors may pass
 */
export async function conductRun(claim: Claim, assay: Assay, inputs: RunInputs, ports: RunPorts, signal: AbortSignal): Promise<Conducted> {
  const { claims, parts, now } = ports;
  const steps = (await assay.plan(inputs)).map(keyed);
  if (steps.length > EVALUATION_LIMITS.stepsPerRun) {
    throw new EvaluationError('too-many-steps', 'suite', `The run has ${steps.length} steps; at most ${EVALUATION_LIMITS.stepsPerRun} are done. Give smaller datasets, or fewer of them.`);
  }
  // Steps of one key are one step.
  const distinct = [...new Map(steps.map((one) => [one.key, one])).values()];
  const known = await parts.use(distinct.map(({ key }) => key), now());
  if (!(await claims.planned(claim, { steps: distinct.length, done: known.size }))) return { ended: 'lost' };
  for (let at = 0; at < known.size; at += 1) ports.onStep({ how: 'known', rows: 0, seconds: 0 });
  for (const one of distinct) {
    if (known.has(one.key)) continue;
    if (signal.aborted) return { ended: 'stopped' };
    if (!(await takeStep(claim, one, ports))) return { ended: 'lost' };
  }
  if (signal.aborted) return { ended: 'stopped' };
  const concluded = concludedText(assay.conclude(inputs, await readParts(steps.map(({ key }) => key), parts)));
  const resultDigest = await claims.succeed(claim, concluded, now());
  return resultDigest === null ? { ended: 'lost' } : { ended: 'succeeded', resultDigest };
}

function keyed(step: Step): KeyedStep {
  const key = canonicalJson(step.key);
  if (Buffer.byteLength(key) > EVALUATION_LIMITS.keyBytes) throw new EvaluationError('key-too-large', 'settings', `What step ${JSON.stringify(step.label)} depends on has more than ${EVALUATION_LIMITS.keyBytes} bytes as JSON.`);
  return { key: digestOf(key), step };
}

/** False where the run is this process's no longer. */
async function takeStep(claim: Claim, { key, step }: KeyedStep, { claims, parts, tools, now, onStep }: RunPorts): Promise<boolean> {
  // Another run may have measured it since.
  if ((await parts.use([key], now())).size > 0) {
    if (!(await claims.stepKnown(claim, step.label))) return false;
    onStep({ how: 'known', rows: 0, seconds: 0 });
    return true;
  }
  const rowsBefore = tools.probe.rows;
  const startedMs = tools.nowMs();
  const part = canonicalJson(await step.measure(tools));
  const bytes = Buffer.byteLength(part);
  if (bytes > EVALUATION_LIMITS.partBytes) throw new EvaluationError('part-too-large', 'suite', `Step ${JSON.stringify(step.label)} gave ${bytes} bytes; at most ${EVALUATION_LIMITS.partBytes} are kept. Give shorter items.`);
  const rows = tools.probe.rows - rowsBefore;
  if ((await claims.stepMeasured(claim, { key, part, rows, atMs: now() }, step.label)) === null) return false;
  onStep({ how: 'measured', rows, seconds: (tools.nowMs() - startedMs) / 1000 });
  return true;
}

/** Of what is kept and never of what was measured just now, so that a run that was broken off reads the same. */
async function readParts(keys: readonly Sha256[], parts: RunPorts['parts']): Promise<Json[]> {
  const read: Json[] = [];
  let bytes = 0;
  for (let at = 0; at < keys.length; at += PARTS_AT_ONCE) {
    for (const part of await parts.read(keys.slice(at, at + PARTS_AT_ONCE))) {
      if (part === null) throw new Error('a part is gone that was there before');
      bytes += Buffer.byteLength(part);
      if (bytes > EVALUATION_LIMITS.partsBytes) throw new EvaluationError('parts-too-large', 'suite', `The parts of the run have more than ${EVALUATION_LIMITS.partsBytes} bytes together. Give smaller datasets, or fewer of them.`);
      read.push(JSON.parse(part) as Json);
    }
  }
  return read;
}

function concludedText(concluded: Json): { readonly result: string; readonly measured: string | null } {
  const { result, measured } = splitMeasured(concluded);
  const text = canonicalJson(result);
  const measuredText = measured === null ? null : canonicalJson(measured);
  const bytes = Buffer.byteLength(text) + Buffer.byteLength(measuredText ?? '');
  if (bytes > EVALUATION_LIMITS.resultBytes) throw new EvaluationError('result-too-large', 'suite', `The result has ${bytes} bytes; at most ${EVALUATION_LIMITS.resultBytes} are kept. Give fewer tasks, or datasets with fewer labels.`);
  return { result: text, measured: measuredText };
}

function digestOf(text: string): Sha256 {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
