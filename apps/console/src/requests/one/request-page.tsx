import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { getRequestOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useMay } from '../../session/session.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/short-id.tsx';
import { Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { TraceCard } from '../trace/trace-card.tsx';
import { ClosedRequest } from './closed-request.tsx';
import { FeedbackCard } from './feedback-card.tsx';
import { RequestFacts } from './request-facts.tsx';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One request: what is known of it, what was said of it, and for those who may, its trace. */
export function RequestPage() {
  const { requestId = '' } = useParams({ strict: false }) as { readonly requestId?: string };
  const mayTraces = useMay('traces');
  const request = useQuery({ ...getRequestOptions({ path: { requestId } }), staleTime: Infinity, enabled: mayTraces });
  const mayFeedback = useMay('feedback');
  const mayAsk = useMay('inference');
  return (
    <Page
      title={`Request ${requestId.slice(0, 8)}`}
      heading={
        <>
          Request <span className="font-mono text-base font-medium">{requestId}</span> <CopyButton text={requestId} label="Copy the request's id" />
        </>
      }
      lead={
        <Link to="/requests" className="inline-flex items-center gap-1">
          <ArrowLeft size={14} aria-hidden /> All requests
        </Link>
      }
      actions={
        mayAsk && (
          <ButtonLink to="/playground/compare" search={{ a: request.data?.releaseId }}>
            Compare on another release
          </ButtonLink>
        )
      }
    >
      {mayTraces ? (
        <Loaded query={request} rows={6}>
          {(found) => (
            <>
              <RequestFacts request={found} />
              <TraceCard key={requestId} requestId={requestId} />
            </>
          )}
        </Loaded>
      ) : (
        <ClosedRequest requestId={requestId} />
      )}
      {mayFeedback && UUID.test(requestId) && <FeedbackCard requestId={requestId} />}
    </Page>
  );
}
