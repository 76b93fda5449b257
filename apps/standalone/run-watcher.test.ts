import { expect, it } from 'vitest';
import { RunWatcher } from './run-watcher.ts';

it('starts the process while there are runs, and looks on after a failure', async () => {
  const answers = [false, new Error('the database is away'), true];
  const asked: (boolean | Error)[] = [];
  const watcher = await new Promise<RunWatcher>((resolve) => {
    const one: RunWatcher = new RunWatcher(
      {
        hasRuns: async () => {
          const answer = answers.shift() ?? false;
          asked.push(answer);
          if (answer instanceof Error) throw answer;
          return answer;
        },
        start: () => resolve(one),
      },
      1,
    );
    one.start();
  });
  watcher.stop();
  expect(asked).toEqual([false, new Error('the database is away'), true]);
});
