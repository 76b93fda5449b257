import { CircleAlert, Info, OctagonAlert } from 'lucide-react';
import { Badge, type Tone } from './badge.tsx';

const LOOKS: Readonly<Record<string, { readonly tone: Tone; readonly Icon: typeof Info }>> = {
  critical: { tone: 'bad', Icon: OctagonAlert },
  warning: { tone: 'warn', Icon: CircleAlert },
  info: { tone: 'info', Icon: Info },
};

/** Severity of an alert: told by word, shape and tone. */
export function Severity({ value }: { readonly value: string }) {
  const { tone, Icon } = LOOKS[value] ?? { tone: 'neutral', Icon: Info };
  return (
    <Badge tone={tone} icon={<Icon size={13} aria-hidden />}>
      {value}
    </Badge>
  );
}
