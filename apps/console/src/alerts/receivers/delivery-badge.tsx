import { Check, FlaskConical, Hourglass, MailX } from 'lucide-react';
import { type NotificationSummary } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';

const LOOKS = {
  waiting: { tone: 'info', Icon: Hourglass, word: 'waiting' },
  testing: { tone: 'neutral', Icon: FlaskConical, word: 'testing' },
  delivered: { tone: 'ok', Icon: Check, word: 'delivered' },
  dead: { tone: 'bad', Icon: MailX, word: 'given up' },
} as const;

/** What became of a notification. */
export function DeliveryBadge({ state, failure }: Pick<NotificationSummary, 'state' | 'failure'>) {
  const { tone, Icon, word } = LOOKS[state];
  return (
    <Badge tone={tone} icon={<Icon size={13} aria-hidden />}>
      {failure === null ? word : `${word}: ${failure.replaceAll('-', ' ')}`}
    </Badge>
  );
}
