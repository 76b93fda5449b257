import { expect, it } from 'vitest';
import { countText } from './count-text.ts';

it.each([[0, 'It would not have fired in the last week.'], [1, 'It would have fired once in the last week.'], [3, 'It would have fired 3 times in the last week.']])('%d episodes', (count, text) => {
  expect(countText(count, 'last week')).toBe(text);
});
