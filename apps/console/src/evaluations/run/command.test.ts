import { expect, it } from 'vitest';
import { commandOf } from './command.ts';

const RUN = { candidate: 'a'.repeat(64), reference: 'b'.repeat(64), suite: 'c'.repeat(64), settings: {} } as const;

it('is what the command line takes', () => {
  expect(commandOf({ ...RUN, kind: 'suite' })).toBe(`signalbox eval run ${RUN.suite} --candidate ${RUN.candidate} --reference ${RUN.reference}`);
  expect(commandOf({ ...RUN, kind: 'suite', reference: null })).not.toContain('--reference');
  expect(commandOf({ ...RUN, kind: 'attribution', settings: { seed: 7 } })).toBe(`signalbox eval attribute ${RUN.reference} ${RUN.candidate} --suite ${RUN.suite} --setting seed=7`);
  expect(commandOf({ ...RUN, kind: 'privacy', reference: null })).toBe(`signalbox eval privacy ${RUN.candidate} --suite ${RUN.suite}`);
});

it('leaves a shell nothing to run', () => {
  expect(commandOf({ ...RUN, kind: 'suite', settings: { note: "x'; rm -rf /; '" } })).toContain(String.raw`--setting 'note=x'\''; rm -rf /; '\'''`);
});
