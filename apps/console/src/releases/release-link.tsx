import { Link } from '@tanstack/react-router';
import { shortId } from '../ui/format.ts';

const LOOK = 'font-mono text-xs whitespace-nowrap';

/** A release by the first digits of its id. */
export function ReleaseLink({ releaseId }: { readonly releaseId: string }) {
  return (
    <Link to="/releases/$releaseId" params={{ releaseId }} title={releaseId} className={LOOK}>
      {shortId(releaseId)}
    </Link>
  );
}

/** A component version by the first digits of its digest, or by a given text. */
export function ComponentLink({ sha256, text }: { readonly sha256: string; readonly text?: string }) {
  return (
    <Link to="/releases/components/$sha256" params={{ sha256 }} title={sha256} className={LOOK}>
      {text ?? shortId(sha256)}
    </Link>
  );
}
