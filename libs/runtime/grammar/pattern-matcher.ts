import { acceptsBytes } from './byte-automaton.ts';
import { parsePattern } from './pattern-syntax.ts';
import { stringAutomaton } from './string-automaton.ts';

/**
 * Whether a text matches a pattern of JSON Schema: in time proportional to the text, whatever the
 * pattern, so that no schema can make it hang. Texts with control characters other than tabs and
 * line ends match nothing.
 * @throws PatternError or TooManyStatesError
 */
export function patternMatcher(pattern: string): (text: string) => boolean {
  const automaton = stringAutomaton({ expressions: [parsePattern(pattern)], minLength: 0, maxLength: null });
  const encoder = new TextEncoder();
  return (text) => automaton !== null && acceptsBytes(automaton, encoder.encode(JSON.stringify(text)));
}
