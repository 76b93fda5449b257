import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Local } from './machine.ts';
import { NumberMachine, type NumberRules } from './number-machine.ts';

const ANY: NumberRules = { isInteger: false, minimum: null, maximum: null, isMinimumOpen: false, isMaximumOpen: false, multipleOf: null };
const bound = fc.option(fc.integer({ min: -3000, max: 3000 }).map((value) => value / 100));
const rules = fc.record({ isInteger: fc.boolean(), minimum: bound, maximum: bound, isMinimumOpen: fc.boolean(), isMaximumOpen: fc.boolean(), multipleOf: fc.option(fc.integer({ min: 1, max: 7 })) });

function accepts(machine: NumberMachine, text: string): boolean {
  let local: Local | undefined = machine.start;
  for (const byte of Buffer.from(text)) local = local === undefined ? undefined : machine.step(local, byte)?.local;
  return local !== undefined && machine.isDone(local);
}

function fits(value: number, { isInteger, minimum, maximum, isMinimumOpen, isMaximumOpen, multipleOf }: NumberRules): boolean {
  if ((isInteger || multipleOf !== null) && !Number.isInteger(value)) return false;
  if (minimum !== null && (isMinimumOpen ? value <= minimum : value < minimum)) return false;
  if (maximum !== null && (isMaximumOpen ? value >= maximum : value > maximum)) return false;
  return multipleOf === null || value % multipleOf === 0;
}

it('accepts exactly the numbers within its rules', () => {
  fc.assert(
    fc.property(rules, fc.integer({ min: -4000, max: 4000 }), (given, hundredths) => {
      const value = hundredths / 100;
      // -0 is not written.
      expect(accepts(new NumberMachine(given), String(value)), String(value)).toBe(fits(value, given));
    }),
    { numRuns: 2000 },
  );
});

it('knows the shortest rest: some byte always brings the end nearer by one, none by more', () => {
  fc.assert(
    fc.property(rules, fc.array(fc.constantFrom(...Buffer.from('-.0123456789')), { maxLength: 6 }), (given, bytes) => {
      const machine = new NumberMachine(given);
      let local: Local = machine.start;
      for (const byte of bytes) local = machine.step(local, byte)?.local ?? local;
      const nexts = Array.from(Buffer.from('-.0123456789'), (byte) => machine.step(local, byte)).filter((move) => move !== null);
      const rest = machine.rest(local);
      const nearest = Math.min(...nexts.map((move) => machine.rest(move.local)));
      expect(machine.isEmpty || rest === 0 || nearest === rest - 1, `${local}: ${rest}, then ${nearest}`).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it.each([['0', true], ['-0', false], ['01', false], ['1.', false], ['.5', false], ['999999999999999', true], ['1000000000000000', false], ['0.123456', true], ['0.1234567', false], ['1e3', false]])('%s: %s', (text, isNumber) => {
  expect(accepts(new NumberMachine(ANY), text)).toBe(isNumber);
});
