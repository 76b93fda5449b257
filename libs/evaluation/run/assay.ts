import { type ReleaseManifest } from '#libs/release/manifest';
import { type Probe } from '../probe/probe.ts';
import { type Suite } from '../suite/suite.ts';
import { type Json, type RunKind, type RunSpec } from './run.ts';

/** Who judges preferences, as far as what it says depends on it. */
export interface JudgeIdentity {
  readonly model: string;
  readonly url: string;
  /** How its replies are held to a form. */
  readonly replies: 'text' | 'json-schema';
}

/** All that a run reads, by content: it cannot change while the run goes on. */
export interface RunInputs {
  readonly spec: RunSpec;
  readonly candidate: ReleaseManifest;
  readonly reference: ReleaseManifest | null;
  readonly suite: Suite;
  /** Who judges preferences; left out or null: nobody. */
  readonly judge?: JudgeIdentity | null;
  /** Items of a dataset of the suite, parsed, in order. */
  dataset(sha256: string): Promise<readonly Json[]>;
}

/** What a step may use beside its inputs. */
export interface RunTools {
  readonly probe: Probe;
  /** Asks the judge endpoint of a task for a preference; left out where the evaluator may reach none. */
  readonly judge?: (prompt: string) => Promise<string>;
  /** Monotonic, for tasks that measure time. */
  readonly nowMs: () => number;
}

/** One piece of a run's work: small enough to be lost with a process, large enough to be worth keeping. */
export interface Step {
  /** Says everything that the part depends on, digests included: parts with equal keys are interchangeable, also between runs. Canonical JSON is hashed. */
  readonly key: Json;
  /** For people: what is being done. */
  readonly label: string;
  measure(tools: RunTools): Promise<Json>;
}

/** One kind of evaluation. A run is: plan, measure each step that is not known yet, conclude. */
export interface Assay {
  readonly kind: RunKind;
  /** All steps in order, a function of the inputs alone. @throws EvaluationError naming the field at fault */
  plan(inputs: RunInputs): Promise<readonly Step[]>;
  /** The result, of the steps' parts in order; pure. */
  conclude(inputs: RunInputs, parts: readonly Json[]): Json;
}
