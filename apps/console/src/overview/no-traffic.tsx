import { Link } from '@tanstack/react-router';
import { useMay } from '../session/session.ts';
import { Card } from '../ui/card.tsx';
import { CopyButton } from '../ui/short-id.tsx';

/** Nothing to show yet: how to send a first request. */
export function NoTraffic({ model, minRequests }: { readonly model: string; readonly minRequests: number }) {
  const maySend = useMay('inference');
  const curl = [
    `curl ${location.origin}/v1/completions \\`,
    `  -H "Authorization: Bearer $SIGNALBOX_API_KEY" -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify({ model, prompt: 'The signal is set to', max_tokens: 32 })}'`,
  ].join('\n');
  return (
    <Card title="No traffic to show in this time" lead={minRequests > 1 ? `Figures show from ${minRequests} requests on (SIGNALBOX_MIN_REQUESTS). Choose a longer time, or send some requests.` : 'Choose a longer time, or send some requests.'}>
      <ol className="flex flex-col gap-4 text-sm">
        <li>
          <p className="mb-1 font-medium">Send one by the OpenAI-compatible API</p>
          <Code text={curl} name="request" />
        </li>
        <li>
          <p className="mb-1 font-medium">Or replay prompts of eight domains, with the demo</p>
          <Code text="npm run demo" name="command" />
        </li>
        {maySend && (
          <li>
            Or write one in the <Link to="/playground" className="underline">playground</Link>. It shows here within seconds.
          </li>
        )}
      </ol>
    </Card>
  );
}

function Code({ text, name }: { readonly text: string; readonly name: string }) {
  return (
    <div className="flex items-start gap-2 rounded-md border border-line bg-raised p-2">
      <pre className="min-w-0 flex-1 overflow-x-auto font-mono text-xs" tabIndex={0} role="region" aria-label={`The ${name}`}>
        {text}
      </pre>
      <CopyButton text={text} label={`Copy the ${name}`} />
    </div>
  );
}
