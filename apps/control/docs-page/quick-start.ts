import { codeBlock } from './markup.ts';

/** Key, first request, first look, first change: what a newcomer does first. */
export function quickStart(origin: string): string {
  const request = `curl -i ${origin}/v1/completions \\
  -H "Authorization: Bearer $SIGNALBOX_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "tiny-mixtral", "prompt": "And it came to pass", "max_tokens": 32,
       "metadata": {"task": "bible", "language": "en"}}'`;
  const look = `curl "${origin}/api/v1/traces/<x-request-id>" \\
  -H "Authorization: Bearer $SIGNALBOX_API_KEY"`;
  return `<section id="quick-start"><h2>Quick start</h2><ol class="steps">
<li><h3>A key</h3><p>The first start of Signalbox prints one, once. It may do everything; <a href="#createKey">create others</a> that may do less. One click selects a whole example.</p>${codeBlock('export SIGNALBOX_API_KEY=sbx_...', 'Shell')}</li>
<li><h3>A first request</h3><p>Any OpenAI client works too, with the base URL <code>${origin}/v1</code>. <code>-i</code> shows the headers; <code>x-request-id</code> names the trace.</p>${codeBlock(request, 'Shell')}</li>
<li><h3>A first look</h3><p>Which experts each token of that request went to; a moment after the answer it can be read. <a href="#getUsage">Usage</a> and <a href="#getBalance">balance</a> add up many requests; <code>npm run demo</code> sends some, of eight domains.</p>${codeBlock(look, 'Shell')}</li>
<li><h3>A first change</h3><p><a href="#createImport">Import</a> a re-tuned checkpoint, read what it <a href="#getReleaseDiff">changes</a>, give it a share of the requests as a <a href="#startCanary">canary</a>, and <a href="#promoteCanary">promote</a> it or <a href="#rollbackActivation">roll back</a>. With review and evidence it begins with a <a href="#createChange">change request</a>; <a href="#createRollout">rollouts</a> watch it by guards. Every step is in the <a href="#listAudit">audit log</a>.</p></li>
</ol></section>`;
}
