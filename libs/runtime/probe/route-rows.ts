import { type Routes } from '#libs/evaluation/probe/probe';
import { type StepOutput } from '../forward/forward-pass.ts';

/** Joins the routes of a sequence's steps. */
export class RouteRows {
  readonly #layers: number;
  readonly #topK: number;
  readonly #steps: Pick<StepOutput, 'expertIds' | 'gates' | 'flags'>[] = [];

  constructor(layers: number, topK: number) {
    this.#layers = layers;
    this.#topK = topK;
  }

  add({ expertIds, gates, flags = null }: StepOutput): void {
    this.#steps.push({ expertIds: expertIds.slice(), gates: gates.slice(), flags: flags?.slice() ?? null });
  }

  finish(): Routes {
    const width = this.#layers * this.#topK;
    const rows = this.#steps.reduce((sum, { expertIds }) => sum + expertIds.length / width, 0);
    const expertIds = new Uint16Array(rows * width);
    const gates = new Float32Array(expertIds.length);
    const flags = this.#steps.some((step) => step.flags?.some((flag) => flag !== 0)) ? new Uint8Array(rows * this.#layers) : null;
    let row = 0;
    for (const step of this.#steps) {
      expertIds.set(step.expertIds, row * width);
      gates.set(step.gates, row * width);
      if (step.flags) flags?.set(step.flags, row * this.#layers);
      row += step.expertIds.length / width;
    }
    return { expertIds, gates, flags };
  }
}
