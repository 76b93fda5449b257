import { type Activation } from '../../api/gen/types.gen.ts';

/** Why there is no way back, for each reason that a finding names. */
export const NO_WAY_BACK: Readonly<Record<string, string>> = {
  'traffic-changed': 'There is none: the requests are other ones, and no release would undo that. If the change is meant to stay, freeze a new baseline under Detection.',
  'no-release': 'There is none: the alert is not about a release.',
  'not-serving': 'There is none: the release no longer answers.',
  'nothing-before': 'There is none: no release answered before this one.',
  'never-activated': 'There is none: it is not known when the release became active.',
  'served-at-baseline': 'There is none: the release answered already when the baseline was frozen, so it is not what changed.',
};

/** Whether the release of the finding still answers, so that going back would change something. */
export function isPending(kind: 'rollback' | 'abort-canary', release: string | null, { releaseId, canary }: Pick<Activation, 'releaseId' | 'canary'>): boolean {
  return release !== null && (kind === 'rollback' ? releaseId === release : canary?.releaseId === release);
}
