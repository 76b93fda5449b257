import { type Import } from '../../api/gen/types.gen.ts';

type Derivation = NonNullable<Import['derivation']>;
/** An import that makes a release of another one. */
export type DerivationJob = Import & { readonly derivation: Derivation };

const MAX_NAMED = 3;

export function isDerivation(job: Import): job is DerivationJob {
  return job.derivation !== null;
}

/** What is made, in a few words. */
export function derivationText(derivation: Derivation): string {
  if (derivation.kind === 'densify') return `dense model ${derivation.model} of ${derivation.expertsPerLayer} ${derivation.expertsPerLayer === 1 ? 'expert' : 'experts'} a layer`;
  const { precision, components } = derivation;
  if (components === 'experts') return `${precision}, all experts`;
  if (components === 'experts-and-backbone') return `${precision}, all experts and the backbone`;
  return `${precision}, ${components.slice(0, MAX_NAMED).join(', ')}${components.length > MAX_NAMED ? ` and ${components.length - MAX_NAMED} more` : ''}`;
}

/** The release that a job begins with; null where the job does not say. */
export function sourceOf({ directory }: Pick<Import, 'directory'>): string | null {
  return /^release\/([\da-f]{64})$/.exec(directory)?.[1] ?? null;
}

/** Names of components out of a line of text. */
export function namesIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== '');
}
