import { expect, it } from 'vitest';
import { expertColour } from './expert-colour.ts';

it.each([1, 2, 8, 10, 12, 64, 256])('has a colour of its own for each of %i experts', (experts) => {
  const colours = new Set(Array.from({ length: experts }, (_, expert) => expertColour(expert, experts, 'light')));
  expect(colours.size).toBe(experts);
});
