import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Download, Printer } from 'lucide-react';
import { getDossierOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Page } from '../ui/page.tsx';
import { Loaded } from '../ui/states.tsx';

/** Everything about a change, for who must prove it: to read, to print, to keep. */
export function DossierPage() {
  const { changeId } = useParams({ strict: false }) as { readonly changeId: string };
  const markdown = useQuery(getDossierOptions({ path: { changeId }, query: { format: 'markdown' } }));
  const at = `/api/v1/changes/${encodeURIComponent(changeId)}/dossier`;
  return (
    <Page
      title="Dossier"
      lead={
        <Link to="/changes/$changeId" params={{ changeId }} className="print:hidden">
          Back to the request
        </Link>
      }
      actions={
        <div className="flex flex-wrap gap-2 print:hidden">
          <Button icon={<Printer size={15} aria-hidden />} onClick={() => window.print()}>
            Print
          </Button>
          <Save href={`${at}?format=markdown`} name={`change-${changeId}.md`} label="Markdown" />
          <Save href={`${at}?format=json`} name={`change-${changeId}.json`} label="JSON" />
        </div>
      }
    >
      <Loaded query={markdown} rows={12}>
        {(text) => (
          <Card>
            <pre tabIndex={0} aria-label="Dossier" className="overflow-x-auto text-xs whitespace-pre-wrap wrap-anywhere">
              {typeof text === 'string' ? text : JSON.stringify(text, null, 2)}
            </pre>
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function Save({ href, name, label }: { readonly href: string; readonly name: string; readonly label: string }) {
  return (
    <a href={href} download={name} className="inline-flex h-8.5 items-center gap-1.5 rounded-md border border-line-strong/60 bg-surface px-3 text-sm font-medium text-ink no-underline! hover:bg-raised">
      <Download size={15} aria-hidden />
      {label}
    </a>
  );
}
