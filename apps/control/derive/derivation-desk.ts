import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DeriveError } from '#libs/checkpoint/derive/derive-error';
import { selectComponents } from '#libs/checkpoint/derive/quantise-release';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type DerivationOrder } from '#libs/store/imports/import-job';
import { type StoredRelease } from '#libs/store/releases/releases';
import { auditOf } from '../http/audited.ts';
import { importBody, tooManyImports } from '../imports/import-desk.ts';
import { IMPORT_JOBS, type ImportJobsPort } from '../imports/import-ports.ts';
import { ImportRunner, MAX_OPEN_IMPORTS } from '../imports/import-runner.ts';
import { badBody, releaseNotFound } from '../releases/release-problems.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { timeWindow } from '../routing/time-window.ts';
import { USAGE_READER, type UsagePort } from '../routing/usage-reader.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { chooseExperts } from './choose-experts.ts';
import { type Derivation, RELEASE_DERIVER, type ReleaseDeriver } from './derive-ports.ts';

type JobBody = RouteOutput<typeof ROUTES.createDerivation>;

/** Takes orders for releases that are made of others. They run in line with imports. */
@Injectable()
export class DerivationDesk {
  constructor(
    @Inject(IMPORT_JOBS) private readonly jobs: ImportJobsPort,
    private readonly runner: ImportRunner,
    @Inject(RELEASE_DERIVER) private readonly deriver: ReleaseDeriver,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find' | 'activation'>,
    @Inject(USAGE_READER) private readonly usage: UsagePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async quantise(releaseId: string, { precision, components, note }: RouteInput<typeof ROUTES.createDerivation>['body'], caller: Principal): Promise<JobBody> {
    const base = await this.#base(releaseId);
    try {
      selectComponents(base.manifest, components);
    } catch (error) {
      if (error instanceof DeriveError) throw badBody(error.reason.replaceAll('-', '_'), 'components', error.message);
      throw error;
    }
    const order = { kind: 'quantise', precision, components } as const;
    return this.#start(base, order, order, note, caller);
  }

  async densify(releaseId: string, { model, expertsPerLayer, experts, note }: RouteInput<typeof ROUTES.createDenseTwin>['body'], caller: Principal): Promise<JobBody> {
    const base = await this.#base(releaseId);
    const { shape } = base.manifest;
    if (model === base.model) throw badBody('same_model', 'model', 'the twin is a model of its own: give another name than that of the release.');
    const serving = await this.releases.activation(model);
    const served = serving && (await this.releases.find(serving.stableRelease));
    if (served && served.manifest.shape.experts > 1) throw badBody('model_exists', 'model', `there is a model ${model} already, and it is not dense: give another name.`);
    if (expertsPerLayer > shape.experts) throw badBody('too_many_experts', 'expertsPerLayer', `a layer has ${shape.experts} experts.`);
    if (experts && (experts.length !== shape.layers || experts.some((row) => row.length !== experts[0]!.length || new Set(row).size !== row.length || row.some((expert) => expert >= shape.experts)))) {
      throw badBody('malformed_experts', 'experts', `give a list for each of the ${shape.layers} layers, all equally long, of different numbers from 0 to ${shape.experts - 1}.`);
    }
    const { groups } = await this.usage.usageMatrix({ ...timeWindow(undefined, undefined, this.settings.now()), of: { releaseIds: [releaseId] }, groupBy: { segment: ['task'] } });
    const chosen = chooseExperts(groups, shape.layers, expertsPerLayer, experts);
    if (chosen === null) {
      throw new ProblemError({ status: 409, code: 'no_recorded_traffic', title: 'There is no traffic to choose experts by', detail: 'The release answered no recorded request in the last day: give the experts of each layer in experts.' });
    }
    const order = { kind: 'densify', model, expertsPerLayer: chosen[0]!.length, experts: chosen.map((row) => row.map(({ expert }) => expert)) } as const;
    return this.#start(base, order, { kind: 'densify', model, chosen }, note, caller);
  }

  async #start(base: StoredRelease, order: DerivationOrder, derivation: Derivation, note: string, caller: Principal): Promise<JobBody> {
    if (this.runner.openImports >= MAX_OPEN_IMPORTS) throw tooManyImports();
    const model = derivation.kind === 'densify' ? derivation.model : base.model;
    const job = { id: randomUUID(), directory: `release/${base.releaseId}`, model, parentRelease: base.releaseId, derivation: order, createdAtMs: this.settings.now() };
    const audit = auditOf(caller, job.createdAtMs, 'derivation.create', `import/${job.id}`, { base: base.releaseId, ...order });
    await this.jobs.create(job, audit);
    this.runner.startWork(job.id, (signal, onProgress) => this.deriver.run({ base, derivation, actor: caller.accountId, note }, signal, onProgress));
    const created = await this.jobs.find(job.id);
    if (!created) throw new Error(`import job ${job.id} is gone`);
    return importBody(created);
  }

  async #base(releaseId: string): Promise<StoredRelease> {
    const found = await this.releases.find(releaseId);
    if (found) return found;
    throw releaseNotFound();
  }
}
