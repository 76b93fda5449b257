import { LoaderCircle, Radio, Unplug } from 'lucide-react';
import { Badge, type Tone } from '../ui/badge.tsx';
import { type LiveState } from './live-connection.ts';
import { useLive } from './use-live.ts';

const LOOKS: Readonly<Record<LiveState, { readonly word: string; readonly tone: Tone; readonly Icon: typeof Radio; readonly title: string }>> = {
  connecting: { word: 'Connecting', tone: 'neutral', Icon: LoaderCircle, title: 'Connecting to the server for changes.' },
  live: { word: 'Live', tone: 'ok', Icon: Radio, title: 'What changes on the server shows here within seconds.' },
  reconnecting: { word: 'Reconnecting', tone: 'warn', Icon: LoaderCircle, title: 'The connection broke. What is shown may be some seconds old.' },
  offline: { word: 'Offline', tone: 'bad', Icon: Unplug, title: 'The server has not answered for a while. What is shown may be old; it is tried again every few seconds.' },
};

/** Keeps the views up to date, and says whether they are. */
export function LiveIndicator() {
  const state = useLive();
  const { word, tone, Icon, title } = LOOKS[state];
  return (
    <span aria-live="polite" data-live={state} className="shrink-0">
      <Badge tone={tone} title={title} icon={<Icon size={13} aria-hidden />}>
        <span className="sr-only">Updates: </span>
        <span className="sr-only md:not-sr-only">{word}</span>
      </Badge>
    </span>
  );
}
