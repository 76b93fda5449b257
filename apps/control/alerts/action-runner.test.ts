import { expect, it } from 'vitest';
import { type OpenAction } from '#libs/store/alerts/alert-actions';
import { ActionDesk } from './action-desk.ts';
import { ActionRunner } from './action-runner.ts';
import { type AlertActionsPort } from './alert-ports.ts';

const action = (id: string): OpenAction => ({
  id, fingerprint: 'f', kind: 'abort-canary', model: 'm', releaseId: 'a'.repeat(64), state: 'requested', outcome: null, requestedAtMs: 0, endedAtMs: null, series: 's', ruleId: 'r', ruleName: 'R', summary: null,
});

it('an action that cannot be done is tried again, and does not keep those behind it from being done', async () => {
  const tried: string[] = [];
  const actions: AlertActionsPort = {
    of: async () => [], open: async () => ['first', 'second'], lock: async (_manager, id) => action(id), settle: async () => undefined,
    // Nothing is done within it: the desk fails for every action.
    transaction: (work) => work(undefined as never),
  };
  const desk = Object.assign(Object.create(ActionDesk.prototype) as ActionDesk, {
    perform: async (_manager: unknown, { id }: OpenAction): Promise<never> => {
      tried.push(id);
      throw new Error('the row of the model is damaged');
    },
  });
  const runner = new ActionRunner(actions, desk, { now: () => 1 });
  await runner.look();
  expect(tried).toEqual(['first', 'second']);
  await runner.look();
  expect(tried).toEqual(['first', 'second', 'first', 'second']);
});
