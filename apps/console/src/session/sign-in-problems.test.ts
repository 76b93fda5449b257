import { describe, expect, it } from 'vitest';
import { returnPath, signInProblem } from './sign-in-problems.ts';

describe('returnPath', () => {
  it('keeps paths of this server', () => {
    expect(returnPath('/alerts?range=7d')).toBe('/alerts?range=7d');
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/a\nb', 'alerts', '/sign-in?returnTo=%2F', `/${'a'.repeat(600)}`])('goes to the first view instead of %j', (path) => {
    expect(returnPath(path)).toBe('/');
  });
});

it('has a sentence for codes it does not know', () => {
  expect(signInProblem('constructor_of_nothing')).toContain('did not work');
});
