import { CircleAlert, CircleCheck, CircleHelp } from 'lucide-react';
import { type ListedEvaluation } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { OUTCOMES, STATE_WORDS } from './run-words.ts';

const ICONS: Readonly<Record<string, typeof CircleHelp>> = { pass: CircleCheck, fail: CircleAlert };

/** How a run or a gate came out: by word, shape and tone. */
export function OutcomeBadge({ outcome }: { readonly outcome: string }) {
  const { tone, words } = OUTCOMES[outcome] ?? { tone: 'neutral' as const, words: outcome };
  const Icon = ICONS[outcome] ?? CircleHelp;
  return (
    <Badge tone={tone} icon={<Icon size={13} aria-hidden />}>
      {words}
    </Badge>
  );
}

export function RunStateBadge({ state }: { readonly state: ListedEvaluation['state'] }) {
  const { tone, about } = STATE_WORDS[state] ?? { tone: 'neutral' as const, about: state };
  return (
    <Badge tone={tone} title={about}>
      {state}
    </Badge>
  );
}
