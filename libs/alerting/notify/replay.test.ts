import { expect, it } from 'vitest';
import { decideReplay, type ReplayCandidate } from './replay.ts';

const DEAD: ReplayCandidate = { state: 'dead', isTest: false, isLaterDelivered: false, isReceiverOn: true };

it('replays dead letters, and says why not', () => {
  expect(decideReplay(DEAD, false)).toEqual({ replay: true });
  expect(decideReplay({ ...DEAD, state: 'delivered' }, true)).toEqual({ replay: false, reason: 'not-dead' });
  expect(decideReplay({ ...DEAD, isTest: true }, true)).toEqual({ replay: false, reason: 'test' });
  expect(decideReplay({ ...DEAD, isReceiverOn: false }, true)).toEqual({ replay: false, reason: 'receiver-disabled' });
  expect(decideReplay({ ...DEAD, isLaterDelivered: true }, false)).toEqual({ replay: false, reason: 'superseded' });
  expect(decideReplay({ ...DEAD, isLaterDelivered: true }, true)).toEqual({ replay: true });
});
