import { type Expression, parsePattern } from './pattern-syntax.ts';

const DAY = '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const DATE = `\\d{4}-${DAY}`;
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:0\\d|1[0-2]):[0-5]\\d)';
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?';
const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';

/** What is written for a format: texts that every validator takes for one, not all that some would. */
const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE}T${TIME}`,
  duration: 'P(?:\\d{1,4}W|\\d{1,4}D(?:T\\d{1,4}H)?|T\\d{1,4}[HMS])',
  email: `[A-Za-z0-9_+-]{1,24}(?:\\.[A-Za-z0-9_+-]{1,24}){0,2}@${LABEL}(?:\\.${LABEL}){0,2}\\.[a-z]{2,8}`,
  hostname: `${LABEL}(?:\\.${LABEL}){0,4}`,
  ipv4: `${BYTE}(?:\\.${BYTE}){3}`,
  ipv6: '[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}',
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  uri: `https?:\\/\\/${LABEL}(?:\\.${LABEL}){0,4}(?:\\/[A-Za-z0-9._~-]{1,48}){0,8}\\/?`,
};

export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS);

const expressions = new Map<string, Expression>();

/** The same expression each time, so that its automaton is made once; null: not known. */
export function formatExpression(format: string): Expression | null {
  const pattern = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (pattern === undefined) return null;
  const expression = expressions.get(format) ?? parsePattern(`^(?:${pattern})$`);
  expressions.set(format, expression);
  return expression;
}
