import { InvalidArgumentError } from 'commander';
import { type Matcher as ShownMatcher } from '#libs/alerting/alert/matcher';
import { type CallInput } from '../api/api-client.ts';

type Matcher = CallInput<'createSilence'>['body']['matchers'][number];

/** `label=value`, `label!=value`, `label=a|b` and `label!=a|b`; for repeated use as a commander option. */
export function readMatcher(text: string, before: readonly Matcher[] = []): Matcher[] {
  const [, label, sign, value] = /^([A-Za-z_]\w*)(!?=)(.*)$/s.exec(text) ?? [];
  if (label === undefined || value === undefined) throw new InvalidArgumentError('Give matchers such as signal=mix-shift, layer!=3 or severity=warning|info.');
  const values = value.split('|');
  const isNot = sign === '!=';
  return [...before, values.length > 1 ? { label, is: isNot ? 'none-of' : 'one-of', values } : { label, is: isNot ? 'not-equal' : 'equal', value }];
}

export function matcherText(matcher: ShownMatcher): string {
  const sign = matcher.is === 'equal' || matcher.is === 'one-of' ? '=' : '!=';
  return `${matcher.label}${sign}${'values' in matcher ? matcher.values.join('|') : matcher.value}`;
}
