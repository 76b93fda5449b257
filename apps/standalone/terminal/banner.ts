import colors from 'picocolors';

export interface BannerFacts {
  readonly url: string;
  /** Only at the first start, and only a generated one. */
  readonly newKey: string | null;
  /** Models that answer. */
  readonly models: readonly string[];
  readonly readySeconds: number;
}

/** Where `signalbox` looks for a server when nothing is set. */
const CLIENT_DEFAULT_URL = 'http://127.0.0.1:7070';

/** What to print when Signalbox serves: where, the key, and what to try next. */
export function banner({ url, newKey, models, readySeconds }: BannerFacts): string {
  const [model] = models;
  const lines = ['', `${colors.bold(`Signalbox serves on ${url}`)} ${colors.dim(`(ready in ${readySeconds.toFixed(1)} s)`)}`];
  if (newKey !== null) {
    lines.push('', `  Your key, shown this once:  ${colors.bold(newKey)}`, '', '  In the shell of your clients:', `    export SIGNALBOX_API_KEY=${newKey}`);
  } else lines.push('', '  In the shell of your clients:', `    export SIGNALBOX_API_KEY=...   ${colors.dim('the key of the first start, or your SIGNALBOX_ADMIN_KEY')}`);
  if (url !== CLIENT_DEFAULT_URL) lines.push(`    export SIGNALBOX_URL=${url}`);
  if (model === undefined) {
    lines.push('', '  No model yet. Import one:', '    npm run signalbox -- import DIR --model NAME');
  } else {
    const body = JSON.stringify({ model, prompt: 'And it came to pass', max_tokens: 32 });
    lines.push(
      '',
      '  Try:',
      `    curl ${url}/v1/completions -H "Authorization: Bearer $SIGNALBOX_API_KEY" -H "Content-Type: application/json" -d '${body}'`,
      `    npm run demo                   ${colors.dim('prompts of eight domains, and how differently they use the experts')}`,
      `    npm run signalbox -- routes    ${colors.dim('layer x expert, in the terminal')}`,
    );
  }
  return [...lines, '', `  Open ${url} and sign in with the key. The API is at ${url}/api/docs.   Stop: Ctrl-C`, ''].join('\n');
}
