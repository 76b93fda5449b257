import { z } from 'zod';

/** A whole number as a variable holds it, both ends included; the remedy names them. */
export function integerText(min: number, max: number) {
  const remedy = `give a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, remedy)
    .transform(Number)
    .refine((value) => value >= min && value <= max, remedy);
}
