import { type ListedChange } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { CLASSES, STATES } from './change-words.ts';

export function StateBadge({ state }: { readonly state: ListedChange['state'] }) {
  const { tone, about } = STATES[state];
  return (
    <Badge tone={tone} title={about}>
      {state}
    </Badge>
  );
}

export function ClassBadge({ value }: { readonly value: ListedChange['class'] }) {
  const { tone, about, label } = CLASSES[value];
  return (
    <Badge tone={tone} title={about}>
      {label}
    </Badge>
  );
}
