import { useEffect, useState } from 'react';
import { refresh, refreshQuietly } from '../api/query-client.ts';
import { useMe } from '../session/session.ts';
import { LiveConnection, type LiveState } from './live-connection.ts';
import { type Clock, TagThrottle } from './tag-throttle.ts';

/** A page that nobody sees lets go of its connection: browsers have few of them for one server. */
const UNSEEN_MS = 60_000;
/** A caller bound to a tenant is not told of traffic, so it asks. */
const ASK_EVERY_MS = 15_000;
const OF_TRAFFIC = ['traffic', 'routing', 'traces'];

const clock: Clock = {
  now: () => Date.now(),
  setTimeout: (act, ms) => window.setTimeout(act, ms),
  clearTimeout: (timer) => window.clearTimeout(timer),
};

/** Keeps what is shown up to date as long as the component is there, and says whether it is. */
export function useLive(): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  const me = useMe();
  const isBound = me !== undefined && me.tenant !== null;
  useEffect(() => {
    const throttle = new TagThrottle(clock, (tags, isQuiet) => void (isQuiet ? refreshQuietly(...tags) : refresh(...tags)));
    const connection = new LiveConnection({ open: (url) => new EventSource(url), clock, random: Math.random, onState: setState, onTags: (tags) => throttle.take(tags), onRefused: () => void refresh('session') });
    let unseen: number | undefined;
    const seen = (): void => {
      window.clearTimeout(unseen);
      if (document.visibilityState === 'visible') connection.start();
      else unseen = window.setTimeout(() => connection.stop(), UNSEEN_MS);
    };
    const online = (): void => connection.start();
    document.addEventListener('visibilitychange', seen);
    window.addEventListener('online', online);
    connection.start();
    return () => {
      window.clearTimeout(unseen);
      document.removeEventListener('visibilitychange', seen);
      window.removeEventListener('online', online);
      throttle.stop();
      connection.stop();
    };
  }, []);
  useEffect(() => {
    if (!isBound) return;
    const timer = window.setInterval(() => void refreshQuietly(...OF_TRAFFIC), ASK_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [isBound]);
  return state;
}
