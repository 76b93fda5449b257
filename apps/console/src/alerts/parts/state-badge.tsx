import { BellOff, BellRing, CircleCheck, CircleDashed, CircleHelp, Hourglass, RotateCcw } from 'lucide-react';
import { type Alert } from '../../api/gen/types.gen.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';

const LOOKS: Readonly<Record<Alert['state'], { readonly tone: Tone; readonly Icon: typeof BellRing; readonly word: string; readonly means: string }>> = {
  normal: { tone: 'ok', Icon: CircleCheck, word: 'resolved', means: 'The condition does not hold.' },
  pending: { tone: 'neutral', Icon: Hourglass, word: 'pending', means: 'The condition holds, but not yet for as long as the rule asks.' },
  alerting: { tone: 'bad', Icon: BellRing, word: 'firing', means: 'The condition holds.' },
  recovering: { tone: 'info', Icon: RotateCcw, word: 'recovering', means: 'The condition holds no more; the alert ends when that lasts.' },
  'no-data': { tone: 'warn', Icon: CircleDashed, word: 'no data', means: 'No reading has come for longer than the rule allows.' },
  error: { tone: 'warn', Icon: CircleHelp, word: 'error', means: 'The rule could not be evaluated.' },
};

/** State of an alert: word, shape and tone. */
export function StateBadge({ state }: { readonly state: Alert['state'] }) {
  const { tone, Icon, word, means } = LOOKS[state];
  return (
    <Badge tone={tone} title={means} icon={<Icon size={13} aria-hidden />}>
      {word}
    </Badge>
  );
}

export function isFiring(state: Alert['state']): boolean {
  return state !== 'normal' && state !== 'pending';
}

/** Why receivers are not told of it; nothing where they are. */
export function MutedBadge({ muted }: { readonly muted: Alert['muted'] }) {
  if (muted === null) return null;
  return (
    <Badge icon={<BellOff size={13} aria-hidden />} title={muted.reason === 'silenced' ? 'A silence hushes it: receivers are not told.' : 'Another alert that fires hushes it: receivers are not told.'}>
      {muted.reason === 'silenced' ? 'silenced' : `hushed by ${typeof muted.by?.['rule'] === 'string' ? muted.by['rule'] : 'another alert'}`}
    </Badge>
  );
}
