import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listSuitesInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { AccountName } from '../../releases/account-name.tsx';
import { Card } from '../../ui/card.tsx';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { EvaluationsFrame } from '../evaluations-frame.tsx';
import { DatasetsCard } from './datasets-card.tsx';
import { NoSuites } from './no-suites.tsx';

/** What releases are asked. */
export function SuitesPage() {
  const query = useInfiniteQuery({ ...listSuitesInfiniteOptions({}), ...byCursor });
  return (
    <EvaluationsFrame title="Suites · Evaluations" lead="What releases are asked, and which bounds they must keep. A suite's digest covers every item: what it asked once, it asks for ever.">
      <Card title="Suites" lead="Newest first. They come from files in a repository, by the command line or the API." isFlush>
        <PagedTable
          query={query}
          caption="Suites, newest first"
          rowKey={({ digest }) => digest}
          empty={query.hasNextPage ? undefined : <Empty title="No suite yet"><NoSuites /></Empty>}
          columns={[
            {
              id: 'name', header: 'Suite', isRowHeader: true,
              cell: ({ digest, name, description }) => (
                <div className="min-w-48">
                  <Link to="/evaluations/suites/$digest" params={{ digest }} className="font-medium wrap-anywhere">
                    {name}
                  </Link>
                  {description !== '' && <p className="line-clamp-2 text-xs wrap-anywhere text-ink-soft">{description}</p>}
                </div>
              ),
            },
            { id: 'tasks', header: 'Tasks', align: 'right', cell: ({ tasks }) => tasks },
            { id: 'digest', header: 'Digest', cell: ({ digest }) => <ShortId id={digest} what="digest of the suite" /> },
            { id: 'by', header: 'Kept by', isSecondary: true, cell: ({ createdBy }) => <AccountName account={createdBy} /> },
            { id: 'at', header: 'When', cell: ({ createdAt }) => <Time at={createdAt} as="relative" /> },
            { id: 'runs', header: <span className="sr-only">Runs</span>, cell: ({ digest, name }) => <Link to="/evaluations" search={{ suite: digest }} aria-label={`Runs of ${name}`}>Runs</Link> },
          ]}
        />
      </Card>
      <DatasetsCard />
    </EvaluationsFrame>
  );
}
