import { existsSync } from 'node:fs';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type RunInputs } from '#libs/evaluation/run/assay';
import { type Json, type RunSpec } from '#libs/evaluation/run/run';
import { parseJsonLines } from '#libs/evaluation/suite/items';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Datasets } from '#libs/store/evaluation/datasets';
import { EVALUATION_LIMITS } from '#libs/store/evaluation/evaluation-limits';
import { type Suites } from '#libs/store/evaluation/suites';

export interface InputSources {
  readonly releases: { find(releaseId: string): Promise<{ readonly manifest: ReleaseManifest } | null> };
  readonly suites: Pick<Suites, 'find'>;
  readonly datasets: Pick<Datasets, 'content'>;
  /** Path of a component version's file, whether it is there or not. */
  readonly pathOf: (sha256: string) => string;
}

/** What a run reads. @throws EvaluationError naming what of the spec is not there */
export async function readInputs(spec: RunSpec, sources: InputSources): Promise<RunInputs> {
  const candidate = await readRelease('candidate', spec.candidate, sources);
  const reference = spec.reference === null ? null : await readRelease('reference', spec.reference, sources);
  const stored = await sources.suites.find(spec.suite);
  if (!stored) throw new EvaluationError('suite-missing', 'suite', `There is no suite ${spec.suite}: send it first.`);
  const { suite } = stored;
  const read = new Map<string, Promise<readonly Json[]>>();
  let bytes = 0;
  const take = (sizeBytes: number): void => {
    bytes += sizeBytes;
    if (bytes > EVALUATION_LIMITS.datasetBytesPerRun) throw new EvaluationError('datasets-too-large', 'suite', `The datasets of the suite have more than ${EVALUATION_LIMITS.datasetBytesPerRun} bytes together. Split the suite into several.`);
  };
  const dataset = (sha256: string): Promise<readonly Json[]> => {
    const known = read.get(sha256) ?? readDataset(sha256, suite.tasks.findIndex((task) => task.dataset === sha256), take, sources);
    read.set(sha256, known);
    return known;
  };
  return { spec, candidate, reference, suite, dataset };
}

async function readRelease(field: 'candidate' | 'reference', releaseId: string, { releases, pathOf }: InputSources): Promise<ReleaseManifest> {
  const stored = await releases.find(releaseId);
  if (!stored) throw new EvaluationError('release-missing', field, `There is no release ${releaseId}: it was never imported, or has been deleted.`);
  const lacking = Object.entries(stored.manifest.components).find(([, sha256]) => !existsSync(pathOf(sha256)));
  if (lacking) throw new EvaluationError('component-missing', field, `The file of ${lacking[0]}, version ${lacking[1]}, is not in SIGNALBOX_HOME/components of the evaluation role: give it the folder that the other roles have, or upload the component again.`);
  return stored.manifest;
}

async function readDataset(sha256: string, task: number, take: (sizeBytes: number) => void, { datasets }: InputSources): Promise<readonly Json[]> {
  const content = await datasets.content(sha256);
  if (!content) throw new EvaluationError('dataset-missing', task === -1 ? 'suite' : `tasks[${task}].dataset`, `There is no dataset ${sha256} any more: upload it again.`);
  take(content.byteLength);
  return parseJsonLines(content.toString('utf8'));
}
