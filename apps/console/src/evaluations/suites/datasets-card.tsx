import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listDatasetsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Dataset } from '../../api/gen/types.gen.ts';
import { AccountName } from '../../releases/account-name.tsx';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { formatBytes, formatCount, shortId } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { DeleteDatasetDialog } from './delete-dataset-dialog.tsx';

/** The items that suites ask; they hold text, so people want to see them gone. */
export function DatasetsCard() {
  const query = useInfiniteQuery({ ...listDatasetsInfiniteOptions({}), ...byCursor });
  const mayDelete = useMay('propose');
  const [asked, setAsked] = useState<Dataset | null>(null);
  return (
    <Card title="Datasets" lead="The items that suites ask, newest first. One that no suite asks can be deleted." isFlush>
      <PagedTable
        query={query}
        caption="Datasets, newest first"
        rowKey={({ sha256 }) => sha256}
        empty={query.hasNextPage ? undefined : <Empty title="No dataset yet">A dataset comes with the suite that asks it.</Empty>}
        columns={[
          { id: 'digest', header: 'Dataset', isRowHeader: true, cell: ({ sha256 }) => <ShortId id={sha256} what="digest of the dataset" /> },
          { id: 'items', header: 'Items', align: 'right', cell: ({ items }) => formatCount(items) },
          { id: 'size', header: 'Size', align: 'right', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
          { id: 'by', header: 'Kept by', isSecondary: true, cell: ({ createdBy }) => <AccountName account={createdBy} /> },
          { id: 'at', header: 'When', cell: ({ createdAt }) => <Time at={createdAt} as="relative" /> },
          ...(mayDelete
            ? [{
                id: 'delete', header: <span className="sr-only">Delete</span>, align: 'right' as const,
                cell: (dataset: Dataset) => (
                  <Button size="small" variant="quiet" aria-label={`Delete the dataset ${shortId(dataset.sha256)}`} onClick={() => setAsked(dataset)}>
                    Delete…
                  </Button>
                ),
              }]
            : []),
        ]}
      />
      {asked !== null && <DeleteDatasetDialog dataset={asked} onClose={() => setAsked(null)} />}
    </Card>
  );
}
