import { type DeliveryAttempt } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { formatDuration } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';

const LOOKS = { delivered: { tone: 'ok', word: 'delivered' }, retry: { tone: 'warn', word: 'failed, tried again' }, 'given-up': { tone: 'bad', word: 'failed, given up' } } as const;

/** One attempt to deliver: outcome, answer, error. */
export function AttemptView({ attempt: { at, durationMs, outcome, reason, status, error, response } }: { readonly attempt: DeliveryAttempt }) {
  const { tone, word } = LOOKS[outcome];
  return (
    <div className="flex flex-col gap-1 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={tone}>{word}</Badge>
        <Time at={at} as="full" />
        <span className="text-ink-soft">in {formatDuration(durationMs)}</span>
        <span>{status === null ? 'no answer' : `answered ${status}`}</span>
        {reason !== null && <span className="text-ink-soft">{reason.replaceAll('-', ' ')}</span>}
      </p>
      {error !== null && <p className="text-bad wrap-anywhere">{error}</p>}
      {reason === 'blocked-address' && <p className="text-xs text-ink-soft">Only public addresses are sent to. SIGNALBOX_RECEIVER_ALLOW names others that may be.</p>}
      {response !== null && response !== '' && <pre className="max-h-32 overflow-auto rounded bg-raised p-2 text-xs whitespace-pre-wrap wrap-anywhere" tabIndex={0}>{response}</pre>}
    </div>
  );
}
