import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A number of bytes as a variable holds it, plain or with KiB, MiB or GiB. */
export function sizeText(minBytes: number) {
  const remedy = `give a size of at least ${minBytes} bytes, such as 268435456 or 256MiB`;
  return z
    .string()
    .regex(/^\d{1,15}\s*(KiB|MiB|GiB)?$/, remedy)
    .transform((text) => {
      const [, digits, unit] = /^(\d+)\s*(\w*)$/.exec(text) ?? [];
      return Number(digits) * (UNITS[unit ?? ''] ?? 1);
    })
    .refine((value) => value >= minBytes && Number.isSafeInteger(value), remedy);
}
