import { Link } from '@tanstack/react-router';
import { type ReactNode } from 'react';
import { ReleaseLink } from '../releases/release-link.tsx';
import { useMay } from '../session/session.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { formatDuration } from '../ui/format.ts';
import { CopyButton, ShortId } from '../ui/short-id.tsx';
import { type AnswerState } from './use-answer.ts';

const STATUSES: Readonly<Record<Exclude<AnswerState['status'], 'idle'>, { readonly tone: Tone; readonly text: string }>> = {
  running: { tone: 'info', text: 'answering…' },
  done: { tone: 'ok', text: 'answered' },
  stopped: { tone: 'warn', text: 'stopped' },
  failed: { tone: 'bad', text: 'failed' },
};

/** What the head and the end of an answer say: who answered, how long it took, and where its trace is. */
export function AnswerFacts({ answer }: { readonly answer: AnswerState }) {
  const mayTrace = useMay('traces');
  const { status, head, end, firstTextMs, totalMs } = answer;
  if (status === 'idle') return null;
  const { tone, text } = STATUSES[status];
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-1.5 text-xs">
    <dl className="contents">
      <Fact name="Status">
        <span role="status">
          <Badge tone={tone}>{end?.finishReason === 'length' ? 'answered, up to the most tokens' : text}</Badge>
        </span>
      </Fact>
      {firstTextMs !== null && (
        <Fact name="First text" title="From sending to the first text, as seen by this browser.">
          {formatDuration(firstTextMs)}
        </Fact>
      )}
      {totalMs !== null && (
        <Fact name="All of it" title="From sending to the end of the answer, as seen by this browser.">
          {formatDuration(totalMs)}
        </Fact>
      )}
      {end?.completionTokens !== null && end?.completionTokens !== undefined && (
        <Fact name="Tokens">
          {end.promptTokens} in, {end.completionTokens} out
        </Fact>
      )}
      {head !== null && (
        <>
          <Fact name="Release" title="Header x-signalbox-release">
            <ReleaseLink releaseId={head.releaseId} />
            <Badge title="Header x-signalbox-role">{head.role}</Badge>
          </Fact>
          {head.rulesDigest !== null && (
            <Fact name="Data rules" title="Header x-signalbox-rules: rules masked some experts">
              <ShortId id={head.rulesDigest} what="digest of the data rules" />
            </Fact>
          )}
          <Fact name="Request" title="Header x-request-id">
            <span className="font-mono">{head.requestId}</span>
            <CopyButton text={head.requestId} label="Copy request id" />
          </Fact>
        </>
      )}
      </dl>
      {head !== null && status !== 'running' && mayTrace && (
        <Link to="/requests/$requestId" params={{ requestId: head.requestId }} className="font-medium">
          Open its trace
        </Link>
      )}
    </div>
  );
}

function Fact({ name, title, children }: { readonly name: string; readonly title?: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5" title={title}>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="flex items-center gap-1 font-medium tabular-nums">{children}</dd>
    </div>
  );
}
