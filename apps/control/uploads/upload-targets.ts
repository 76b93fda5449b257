import { Inject, Injectable } from '@nestjs/common';
import { parseComponentName, type ComponentKind, type ComponentName, type Sha256 } from '#libs/release/component';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';

/** What an upload shall replace. */
export interface UploadTarget {
  readonly model: string;
  readonly component: ComponentName;
  readonly releaseId: Sha256;
  readonly replaces: Sha256;
}

interface TargetFields {
  readonly kind: ComponentKind;
  readonly component?: ComponentName | undefined;
  readonly model?: string | undefined;
}

/** Finds the component of a stable release that an upload names. */
@Injectable()
export class UploadTargets {
  constructor(@Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'activation' | 'find'>) {}

  /** null where it names none. @throws ProblemError that names the field */
  async find({ kind, component, model }: TargetFields): Promise<UploadTarget | null> {
    if (component === undefined && model === undefined) return null;
    if (component === undefined || model === undefined) throw wrong(component === undefined ? 'component' : 'model', 'give component and model together, or neither');
    if (parseComponentName(component)?.kind !== kind) throw wrong('component', `${component} is no ${kind}`);
    const activation = await this.releases.activation(model);
    const release = activation && (await this.releases.find(activation.stableRelease));
    if (!release) throw new ProblemError({ status: 404, code: 'model_not_found', title: 'No such model', detail: 'Body field model: no model of that name answers. GET /api/v1/models lists them.', field: 'model' });
    const replaces = release.manifest.components[component];
    if (replaces === undefined) throw wrong('component', `${model} has no ${component}`);
    return { model, component, releaseId: release.releaseId, replaces };
  }
}

function wrong(field: string, remedy: string): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: `Body field ${field}: ${remedy}.`, field });
}
