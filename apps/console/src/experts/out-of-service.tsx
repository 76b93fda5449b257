import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getActivationOptions, getExpertHealthOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { outOfService } from './service-words.ts';

const POLL_MS = 5_000;
/** More are counted, not named. */
const MAX_NAMED = 12;

/** Names the experts that do not serve; nothing where all do. */
export function OutOfServiceStrip({ model }: { readonly model: string }) {
  const { data: activation } = useQuery(getActivationOptions({ path: { model } }));
  const { data: health } = useQuery({ ...getExpertHealthOptions({ path: { model } }), refetchInterval: POLL_MS });
  const releaseId = activation?.releaseId ?? null;
  if (health === undefined || releaseId === null) return null;
  const out = outOfService(health, releaseId);
  if (out.length === 0) return null;
  return (
    <section aria-label="Experts out of service" className="flex flex-wrap items-center gap-2 rounded-md border border-line p-2.5 text-sm">
      <span className="font-medium">{out.length === 1 ? 'One expert does not serve' : `${out.length} experts do not serve`}:</span>
      {out.slice(0, MAX_NAMED).map(({ layer, expert, quarantine }) => (
        <span key={`${layer}/${expert}`} className="inline-flex items-center gap-1">
          <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(expert) }}>
            expert {expert} of layer {layer}
          </Link>
          <Badge tone={quarantine === null ? 'bad' : 'warn'}>{quarantine === null ? 'failed' : 'quarantine'}</Badge>
        </span>
      ))}
      {out.length > MAX_NAMED && <span>and {out.length - MAX_NAMED} more</span>}
    </section>
  );
}
