import { type RecordedRequest } from '../api/gen/types.gen.ts';
import { Badge, type Tone } from '../ui/badge.tsx';

const TONES: Readonly<Record<RecordedRequest['status'], Tone>> = { answered: 'ok', cancelled: 'warn', failed: 'bad' };

export function StatusBadge({ status }: { readonly status: RecordedRequest['status'] }) {
  return <Badge tone={TONES[status]}>{status}</Badge>;
}
