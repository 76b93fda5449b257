import colors from 'picocolors';

export interface BannerFacts {
  readonly url: string;
  /** Only at the first start, and only a generated one. */
  readonly newKey: string | null;
  /** Models that answer. */
  readonly models: readonly string[];
  readonly readySeconds: number;
}

/** What to print when Signalbox serves: where, the key, and what to try next. */
export function banner({ url, newKey, models, readySeconds }: BannerFacts): string {
  const [model] = models;
  const key = newKey ?? '$SIGNALBOX_API_KEY';
  const lines = ['', `${colors.bold(`Signalbox serves on ${url}`)} ${colors.dim(`(ready in ${readySeconds.toFixed(1)} s)`)}`];
  if (newKey !== null) {
    lines.push('', `  Your key, shown this once:  ${colors.bold(newKey)}`, `  Keep it:  export SIGNALBOX_API_KEY=${newKey}`);
  }
  if (model === undefined) {
    lines.push('', '  No model yet. Import one:', '    npm run signalbox -- import DIR --model NAME');
  } else {
    const body = JSON.stringify({ model, prompt: 'And it came to pass', max_tokens: 32 });
    lines.push(
      '',
      '  Try:',
      `    curl ${url}/v1/completions -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '${body}'`,
      `    npm run demo                   ${colors.dim('prompts of eight domains, and how differently they use the experts')}`,
      `    npm run signalbox -- routes    ${colors.dim('layer x expert, in the terminal')}`,
    );
  }
  return [...lines, '', `  API: ${url}/api/docs   Stop: Ctrl-C`, ''].join('\n');
}
