import { type ValueTransformer } from 'typeorm';

/** PostgreSQL's bigint travels as text; ours stay below 2^53, so numbers hold them exactly. */
export const integerText: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : Number(value)),
  to: (value: number | null) => value,
};
