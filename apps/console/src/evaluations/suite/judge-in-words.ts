import { type Judging } from './suite-result.ts';

/** Whether the judge of preferences can be believed, in a sentence. */
export function judgeInWords({ judge, standing }: Pick<Judging, 'judge' | 'standing'>): string {
  const who = judge ?? 'the judge';
  const told: Readonly<Record<string, string>> = {
    tells: `${capital(who)} looks at the answers and not at their order alone.`,
    'cannot-tell': `${capital(who)} cannot tell which answer is better: its verdicts follow the order in which it sees them.`,
    'not-shown': `It is not shown that ${who} can tell which answer is better: do not decide by it alone.`,
  };
  return told[standing] ?? `The result does not say whether ${who} can tell which answer is better.`;
}

function capital(text: string): string {
  return text === 'the judge' ? 'The judge' : text;
}
