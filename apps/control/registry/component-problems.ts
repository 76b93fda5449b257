import { type Sha256 } from '#libs/release/component';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Reference } from '#libs/store/registry/references';

export function componentNotFound(sha256: Sha256, field?: string): ProblemError {
  return new ProblemError({
    status: 404,
    code: 'component_not_found',
    title: 'No such component version',
    detail: `The registry holds no component version ${sha256}: GET /api/v1/components lists those there are.`,
    ...(field === undefined ? {} : { field }),
  });
}

export function componentFileMissing(sha256: Sha256): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'component_file_missing',
    title: 'The file of a component version is missing',
    detail: `The file of ${sha256} is missing or damaged: upload it again, or import the checkpoint that it came from.`,
  });
}

export function stillReferenced(what: string, references: readonly Reference[]): ProblemError {
  const named = references.map(({ table, rows, examples }) => `${TABLES[table] ?? table} (${examples.length > 0 ? `${examples.join(', ')}${rows > examples.length ? ', ...' : ''}` : rows})`);
  return new ProblemError({
    status: 409,
    code: 'still_referenced',
    title: 'Something still refers to it',
    detail: `${what} cannot be deleted while these refer to it: ${named.join('; ')}.`,
  });
}

/** Tables in words. */
const TABLES: Readonly<Record<string, string>> = {
  release_component: 'releases that hold it',
  release: 'releases made from it',
  activation: 'activations',
  rollout: 'rollouts',
  activation_event: 'the history of what has answered',
  usage_recent: 'recorded usage',
  usage_minute: 'recorded usage',
  usage_hour: 'recorded usage',
  expert_figures_minute: 'figures of its experts',
};

/** The card says what a version may serve for: part of what is approved. */
export function cardBound(model: string): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'change_required',
    title: 'Only an approved change may do this',
    detail: `${model} has a release with this version and changes only by approved change requests: open one of the type rescope-expert at POST /api/v1/changes.`,
  });
}
