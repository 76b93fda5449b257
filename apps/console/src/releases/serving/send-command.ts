import { abortCanary, promoteCanary, putActivation, rollbackActivation, setCanaryShare, startCanary, startShadow, stopShadow } from '../../api/gen/sdk.gen.ts';
import { type Activation } from '../../api/gen/types.gen.ts';
import { type RouteSlice } from '../route-slice-draft.ts';
import { type Command, type CommandPlan } from './command-words.ts';

export interface SentCommand extends Pick<CommandPlan, 'command' | 'seen' | 'target' | 'share' | 'part'> {
  readonly stickyBy: 'key' | 'session' | 'request';
  /** An empty label matches any. */
  readonly segment: { readonly tenant: string; readonly task: string; readonly language: string };
  readonly routeSlice: RouteSlice | null;
  readonly reason: string | undefined;
}

const SENDERS: Readonly<Record<Command, (sent: SentCommand) => Promise<{ readonly data: Activation }>>> = {
  activate: ({ target, reason, ...sent }) => putActivation({ ...addressOf(sent), body: { release: target ?? '', reason } }),
  'start-canary': ({ target, share, stickyBy, segment, routeSlice, reason, ...sent }) => startCanary({ ...addressOf(sent), body: { release: target ?? '', share, stickyBy, ...segmentOf(segment), ...(routeSlice !== null && { routeSlice }), reason } }),
  'change-share': ({ share, reason, ...sent }) => setCanaryShare({ ...addressOf(sent), body: { share, reason } }),
  promote: ({ reason, ...sent }) => promoteCanary({ ...addressOf(sent), body: { reason } }),
  abort: ({ reason, ...sent }) => abortCanary({ ...addressOf(sent), body: { reason } }),
  'roll-back': ({ part, reason, ...sent }) => rollbackActivation({ ...addressOf(sent), body: { ...(part !== 'all' && { part }), reason } }),
  'start-shadow': ({ target, share, reason, ...sent }) => startShadow({ ...addressOf(sent), body: { release: target ?? '', share, reason } }),
  'stop-shadow': ({ reason, ...sent }) => stopShadow({ ...addressOf(sent), body: { reason } }),
};

/** Sends a command with the generation that was seen, so that nothing is done to a state that nobody looked at. Throws the problem. */
export async function sendCommand(sent: SentCommand): Promise<Activation> {
  return (await SENDERS[sent.command](sent)).data;
}

function addressOf({ seen: { model, generation } }: Pick<SentCommand, 'seen'>) {
  return { path: { model }, headers: { 'if-match': `"${generation}"` } };
}

function segmentOf(segment: SentCommand['segment']): { segment?: { tenant?: string; task?: string; language?: string } } {
  const given = Object.fromEntries(Object.entries(segment).filter(([, value]) => value.trim() !== ''));
  return Object.keys(given).length === 0 ? {} : { segment: given };
}
