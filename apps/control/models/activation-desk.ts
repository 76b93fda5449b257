import { Inject, Injectable } from '@nestjs/common';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Activation } from '#libs/store/releases/releases';
import { auditOf } from '../http/audited.ts';
import { ACTIVATIONS, type ActivationsPort, RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

type ActivationBody = RouteOutput<typeof ROUTES.getActivation>;

/** Tells and changes which release answers for a model. */
@Injectable()
export class ActivationDesk {
  constructor(
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    @Inject(ACTIVATIONS) private readonly activations: ActivationsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** A model whose releases were never activated has generation 0. */
  async get(model: string): Promise<ActivationBody> {
    const activation = await this.releases.activation(model);
    if (activation) return activationBody(activation);
    if ((await this.releases.list(1, model)).length > 0) return { model, releaseId: null, generation: 0, activatedAt: null };
    throw new ProblemError({ status: 404, code: 'model_not_found', title: 'No such model', detail: 'GET /api/v1/models lists them.', field: 'model' });
  }

  async activate(model: string, releaseId: string, expectedGeneration: number, caller: Principal): Promise<ActivationBody> {
    const current = await this.get(model);
    const release = await this.releases.find(releaseId);
    if (!release) throw new ProblemError({ status: 404, code: 'release_not_found', title: 'No such release', detail: 'Body field release: GET /api/v1/releases lists them.', field: 'release' });
    if (release.model !== model) {
      throw new ProblemError({
        status: 409,
        code: 'release_of_another_model',
        title: 'The release belongs to another model',
        detail: `Body field release: it is a release of ${release.model}; choose one of GET /api/v1/releases?model=${encodeURIComponent(model)}.`,
        field: 'release',
      });
    }
    const atMs = this.settings.now();
    const audit = auditOf(caller, atMs, 'activation.set', `model/${model}`, { from: current.releaseId, to: releaseId });
    const result = await this.activations.set({ model, releaseId, expectedGeneration, atMs }, audit);
    if (result.outcome === 'stale') {
      throw new ProblemError({
        status: 412,
        code: 'generation_changed',
        title: 'Someone else changed it',
        detail: `Header If-Match: the generation is now "${(await this.get(model)).generation}". Read the activation again and decide anew.`,
        field: 'if-match',
      });
    }
    return { model, releaseId, generation: result.generation, activatedAt: new Date(atMs).toISOString() };
  }
}

export function activationBody({ model, stableRelease, generation, updatedAtMs }: Activation): ActivationBody {
  return { model, releaseId: stableRelease, generation, activatedAt: new Date(updatedAtMs).toISOString() };
}
