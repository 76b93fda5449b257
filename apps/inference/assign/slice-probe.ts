import { type Meter } from '@opentelemetry/api';
import { type Canary } from '#libs/governance/activation/activation-state';
import { sliceShare } from '#libs/governance/activation/route-slice';
import { type Engine, type GenerateOutcome, type GenerateRequest } from '#libs/runtime/engine/engine';
import { type AdmittedRequest } from '../admit/admitted.ts';

/** Runs the prompts of a request through the stable release, to see where it routes them. Recorded nowhere; counted here. */
export class SliceProbe {
  readonly #probes;
  readonly #tokens;

  constructor(
    private readonly engine: Pick<Engine, 'generate'>,
    meter: Meter,
  ) {
    this.#probes = meter.createCounter('signalbox.canary.probes', { description: 'Requests whose prompt was run to see its routes, by result: hit, miss or unknown.' });
    this.#tokens = meter.createCounter('signalbox.canary.probe.tokens', { description: 'Prompt tokens that were run only to see their routes.' });
  }

  /** Share of the decisions in the slice, 0 to 1; null where the engine was busy or did not come to the end. */
  async share(admitted: AdmittedRequest, slice: NonNullable<Canary['scope']['routeSlice']>, signal: AbortSignal): Promise<number | null> {
    const { model } = admitted.release;
    let inSlice = 0;
    let rows = 0;
    for (const { request } of admitted.prompts) {
      const outcome = await this.#run(request, signal);
      if (outcome?.status !== 'answered') {
        this.#probes.add(1, { model, result: 'unknown' });
        return null;
      }
      const { shape, routing } = admitted.release.manifest;
      const { promptRows, expertIds } = outcome;
      inSlice += promptRows * sliceShare(slice.experts, { layers: shape.layers, topK: routing.topK, rows: promptRows, expertIds });
      rows += promptRows;
      this.#tokens.add(promptRows, { model });
    }
    const share = rows === 0 ? 0 : inSlice / rows;
    this.#probes.add(1, { model, result: share >= slice.minShare ? 'hit' : 'miss' });
    return share;
  }

  /** null where the engine refuses: the request itself will be told so. */
  async #run(request: GenerateRequest, signal: AbortSignal): Promise<GenerateOutcome | null> {
    try {
      const probe: GenerateRequest = { ...request, choices: 1, maxTokens: 0, stop: [], logprobs: null, promptLogprobs: null };
      for await (const event of this.engine.generate(probe, signal)) if (event.type === 'finished') return event.outcome;
    } catch {
      // Answered by the stable release, or refused, in the ordinary way.
    }
    return null;
  }
}
