import { describe, expect, it } from 'vitest';
import { type Activation, type ReleaseDiff } from '../../api/gen/types.gen.ts';
import { COMMANDS, type CommandPlan, consequencesOf, hindrance, isWayBack, targetOf } from './command-words.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const [a, b, c] = [A, B, C].map((id) => id.slice(0, 10)) as [string, string, string];
const canary: NonNullable<Activation['canary']> = { releaseId: C, share: 0.1, stickyBy: 'session', scope: { segment: null, routeSlice: null }, salt: 's' };
const seen: Activation = { model: 'tiny', releaseId: A, previousRelease: B, canary: null, shadow: null, generation: 7, activatedAt: null };
const diff: ReleaseDiff = {
  releaseId: B, against: A, kind: 'expert', summary: '', shared: 37, settings: [], text: '', compatibility: { allowed: true, reason: 'trained-together' },
  components: [{ name: 'expert/3/5', before: { sha256: A, sizeBytes: 1 }, after: { sha256: B, sizeBytes: 1 } }],
  memory: { resident: [], additionalBytes: 2048, componentsToLoad: 1, totalBytes: 4096 },
};
const plan = (parts: Partial<CommandPlan>): CommandPlan => ({ command: 'activate', seen, target: B, share: 0.05, part: 'all', diff, isRolloutRunning: false, ...parts });

describe('what a command will do', () => {
  it('says from which release to which, what differs, and what stays in memory', () => {
    expect(consequencesOf(plan({}))).toEqual([
      `All new requests of tiny are answered by release ${b} in place of release ${a}.`,
      `1 component differs from release ${a}: expert/3/5. 37 are the same.`,
      'Each process loads 1 component first, 2 KiB of weights; until then, what serves now goes on.',
      `Release ${a} becomes the way back and stays in memory; ${b} is the way back no longer.`,
      'Requests under way end on the release they began with.',
    ]);
  });

  it('warns of routers and experts that nobody has vouched for', () => {
    expect(consequencesOf(plan({ diff: { ...diff, compatibility: { allowed: false, reason: 'no-record' } } }))).toContain('No record says that its routers and experts belong together.');
  });

  it('says that a roll back ends the canary and a rollout, and leaves no way back', () => {
    const words = consequencesOf(plan({ command: 'roll-back', seen: { ...seen, canary }, isRolloutRunning: true }));
    expect(words).toContain(`The canary, release ${c}, ends.`);
    expect(words).toContain('The rollout in progress ends as superseded.');
    expect(words).toContain(`Afterwards there is no way back: to return to ${a}, activate it.`);
    expect(consequencesOf(plan({ command: 'roll-back', part: 'routers' }))[0]).toMatch(/composed of release a+ with the routers and routing settings of release b+/);
  });

  it('tells both shares', () => {
    expect(consequencesOf(plan({ command: 'change-share', seen: { ...seen, canary }, target: C, share: 0.4 }))[0]).toBe(`The canary, release ${c}, gets 40% of the requests in scope in place of 10%.`);
  });

  it('has words for every command in every state that allows it', () => {
    const states = [seen, { ...seen, canary }, { ...seen, shadow: { releaseId: C, share: 0.1 } }, { ...seen, releaseId: null, previousRelease: null }];
    for (const state of states) {
      for (const command of COMMANDS.filter((one) => hindrance(one, state) === null)) {
        const words = consequencesOf(plan({ command, seen: state, target: targetOf(command, state, B) }));
        expect(words.length, command).toBeGreaterThan(0);
        expect(words.join(' '), command).not.toMatch(/undefined|null|NaN/);
      }
    }
  });
});

describe('what can be done', () => {
  it('depends on the state', () => {
    const possible = (state: Activation) => COMMANDS.filter((command) => hindrance(command, state) === null);
    expect(possible(seen)).toEqual(['activate', 'start-canary', 'roll-back', 'start-shadow']);
    expect(possible({ ...seen, canary, previousRelease: null })).toEqual(['change-share', 'promote', 'abort', 'start-shadow']);
    expect(possible({ ...seen, releaseId: null, previousRelease: null })).toEqual(['activate']);
  });

  it('needs no approval backwards', () => {
    expect(COMMANDS.filter(isWayBack)).toEqual(['abort', 'roll-back', 'stop-shadow']);
  });
});
