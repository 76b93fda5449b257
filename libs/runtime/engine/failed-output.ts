import { ExpertsExhaustedError } from '../health/exhausted.ts';
import { type StepOutput } from '../forward/forward-pass.ts';
import { type GenerateFailure } from './engine.ts';

const MESSAGES: Readonly<Record<GenerateFailure, string>> = {
  'experts-exhausted': 'experts-exhausted: no expert that the ladder allows was left for a token; let another model answer',
  'not-finite': 'not-finite: the model gave numbers that are not finite, though those of every expert were; check its backbone',
};

/** A step could not serve one of its items. */
class FailedOutputError extends Error {
  override readonly name = 'FailedOutputError';
  readonly failure: GenerateFailure;

  constructor(failure: GenerateFailure) {
    super(MESSAGES[failure]);
    this.failure = failure;
  }
}

/** @throws where the step could not serve the item */
export function assertServed({ failure }: Pick<StepOutput, 'failure'>): void {
  if (failure) throw new FailedOutputError(failure);
}

/** The failure that an error stands for, where it is one with a name. */
export function failureOf(error: unknown): GenerateFailure | null {
  if (error instanceof FailedOutputError) return error.failure;
  return error instanceof ExpertsExhaustedError ? 'experts-exhausted' : null;
}
