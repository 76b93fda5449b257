import { z } from 'zod';
import { type Architecture } from '#libs/release/manifest';
import { CheckpointError } from '../checkpoint-error.ts';
import { type CheckpointArchitecture } from './architecture.ts';
import { mixtral } from './mixtral.ts';

const BY_NAME: Readonly<Record<Architecture, CheckpointArchitecture>> = { mixtral };
const KNOWN = Object.values(BY_NAME);

/** Who knows the components of a manifest's architecture. */
export function architectureNamed(name: Architecture): CheckpointArchitecture {
  return BY_NAME[name];
}

const headSchema = z.object({
  model_type: z.string().optional(),
  architectures: z.array(z.string()).nullish(),
});

/**
 * Finds who can read a checkpoint, by `architectures` and, where that is absent, by `model_type`.
 * @param config content of config.json
 * @throws CheckpointError `unknown-architecture`, with the list of known ones, or `malformed-config`
 */
export function architectureOf(config: unknown): CheckpointArchitecture {
  const parsed = headSchema.safeParse(config);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new CheckpointError('malformed-config', { file: 'config.json', field }, `config.json: ${field || 'the file'} has not the expected form.`);
  }
  const { model_type: modelType, architectures } = parsed.data;
  const classNames = architectures ?? [];
  // A class says what the weights are for (Mixtral for classification has another head); it goes first.
  const found = KNOWN.find((known) =>
    classNames.length > 0
      ? classNames.some((name) => known.classNames.includes(name))
      : modelType !== undefined && known.modelTypes.includes(modelType),
  );
  if (found) return found;
  const known = KNOWN.flatMap((architecture) => architecture.classNames).join(', ');
  const given = classNames.length > 0 ? classNames.join(', ') : (modelType ?? 'none');
  throw new CheckpointError(
    'unknown-architecture',
    { file: 'config.json', field: classNames.length > 0 ? 'architectures' : 'model_type' },
    `The checkpoint's architecture is ${given}. Known are: ${known}.`,
  );
}
