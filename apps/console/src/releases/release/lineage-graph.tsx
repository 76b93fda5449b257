import { Link } from '@tanstack/react-router';
import { type Release } from '../../api/gen/types.gen.ts';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { classNames } from '../../ui/class-names.ts';
import { shortId } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import { layoutLineage, type LineageNode } from './lineage-layout.ts';

const NODE = { width: 176, height: 58 };
const STEP = { x: 216, y: 74 };
const EDGE_BEND = 20;

/** Which release was made from which, as a graph from left to right; each node is a link. */
export function LineageGraph({ model, releases, roles, current }: { readonly model: string; readonly releases: readonly Release[]; /** What a release does now, such as stable. */ readonly roles: ReadonlyMap<string, readonly string[]>; readonly current?: string }) {
  const { nodes, edges, columns, rows } = layoutLineage(releases);
  const byId = new Map(releases.map((release) => [release.releaseId, release]));
  const data = {
    name: `lineage-${model}`,
    header: ['release', 'made from', 'kind', 'changes', 'made', 'serves as'],
    rows: () => nodes.map(({ releaseId }) => [releaseId, byId.get(releaseId)?.parent ?? '', byId.get(releaseId)?.kind ?? '', byId.get(releaseId)?.summary ?? '', byId.get(releaseId)?.createdAt ?? '', (roles.get(releaseId) ?? []).join(', ')]),
  };
  return (
    <ChartFrame label={`Lineage of the releases of ${model}: which was made from which`} data={data}>
      <div className="overflow-auto" role="region" tabIndex={0} aria-label={`Lineage of ${model}`}>
        <div className="relative" style={{ width: columns * STEP.x, height: rows * STEP.y }}>
          <svg aria-hidden width={columns * STEP.x} height={rows * STEP.y} className="absolute inset-0">
            {edges.map(({ from, to }) => (
              <path key={to.releaseId} d={edgePath(from, to)} fill="none" stroke="var(--line-strong)" strokeWidth={1.5} />
            ))}
          </svg>
          <ol className="contents">
            {nodes.map((node) => {
              const release = byId.get(node.releaseId)!;
              const serves = roles.get(node.releaseId) ?? [];
              return (
                <li key={node.releaseId} className="absolute" style={{ left: node.column * STEP.x, top: node.row * STEP.y, width: NODE.width, height: NODE.height }}>
                  <Link
                    to="/releases/$releaseId"
                    params={{ releaseId: node.releaseId }}
                    aria-current={node.releaseId === current ? 'true' : undefined}
                    title={release.summary}
                    className={classNames('flex h-full flex-col justify-center rounded-md border bg-surface px-2.5 text-ink no-underline! hover:bg-raised', node.releaseId === current ? 'border-2 border-accent' : 'border-line-strong')}
                  >
                    <span className="flex items-center justify-between gap-1">
                      <span className="font-mono text-xs">{shortId(node.releaseId)}</span>
                      {serves.length > 0 && <span className="truncate rounded bg-ok-soft px-1 text-xs font-medium text-ok">{serves.join(', ')}</span>}
                    </span>
                    <span className="truncate text-xs text-ink-soft">{release.kind === null ? 'first release' : `${release.kind} release`}</span>
                    <span className="text-xs text-ink-soft">
                      <Time at={release.createdAt} />
                    </span>
                  </Link>
                </li>
              );
            })}
          </ol>
        </div>
      </div>
    </ChartFrame>
  );
}

function edgePath(from: LineageNode, to: LineageNode): string {
  const x = from.column * STEP.x + NODE.width;
  const y = from.row * STEP.y + NODE.height / 2;
  const endX = to.column * STEP.x;
  const endY = to.row * STEP.y + NODE.height / 2;
  return y === endY ? `M${x} ${y}H${endX}` : `M${x} ${y}h${EDGE_BEND / 2}q${EDGE_BEND / 2} 0 ${EDGE_BEND / 2} ${EDGE_BEND / 2}V${endY - EDGE_BEND / 2}q0 ${EDGE_BEND / 2} ${EDGE_BEND / 2} ${EDGE_BEND / 2}H${endX}`;
}
