/** Experts of each column, from left to right, through which the drawn tokens go. */
const ROUTES = [
  { experts: [1, 2, 4, 3, 5], colour: 'var(--series-1)' },
  { experts: [4, 3, 1, 2, 2], colour: 'var(--series-2)' },
  { experts: [6, 5, 6, 5, 6], colour: 'var(--series-3)' },
] as const;
const EXPERTS = 8;
const COLUMN_PX = 90;
const ROW_PX = 44;
const EDGE_PX = 36;

const x = (column: number): number => EDGE_PX + column * COLUMN_PX;
const y = (expert: number): number => EDGE_PX + expert * ROW_PX;

/** A curve like a railway track from expert to expert. */
function track(experts: readonly number[]): string {
  return experts
    .map((expert, column) => {
      if (column === 0) return `M 0 ${y(expert)} L ${x(0)} ${y(expert)}`;
      const [fromX, toX, fromY] = [x(column - 1), x(column), y(experts[column - 1] ?? expert)];
      return `C ${fromX + COLUMN_PX / 2} ${fromY} ${toX - COLUMN_PX / 2} ${y(expert)} ${toX} ${y(expert)}`;
    })
    .join(' ')
    .concat(` L ${x(experts.length - 1) + EDGE_PX} ${y(experts.at(-1) ?? 0)}`);
}

/** Decoration: tokens on their way through layers of experts. */
export function SignInScene() {
  const columns = ROUTES[0].experts.length;
  const taken = new Set(ROUTES.flatMap(({ experts }) => experts.map((expert, column) => `${column}/${expert}`)));
  return (
    <svg aria-hidden viewBox={`0 0 ${x(columns - 1) + EDGE_PX} ${y(EXPERTS - 1) + EDGE_PX}`} className="h-auto w-full">
      {Array.from({ length: columns }, (_, column) =>
        Array.from({ length: EXPERTS }, (__, expert) => (
          <circle key={`${column}/${expert}`} cx={x(column)} cy={y(expert)} r={taken.has(`${column}/${expert}`) ? 9 : 5} fill={taken.has(`${column}/${expert}`) ? 'var(--surface)' : 'var(--line)'} stroke="var(--line-strong)" strokeWidth={taken.has(`${column}/${expert}`) ? 1.5 : 0} />
        )),
      )}
      {ROUTES.map(({ experts, colour }) => (
        <g key={colour}>
          <path d={track(experts)} fill="none" stroke={colour} strokeWidth={3} strokeLinecap="round" />
          {experts.map((expert, column) => (
            <circle key={column} cx={x(column)} cy={y(expert)} r={4.5} fill={colour} />
          ))}
        </g>
      ))}
    </svg>
  );
}
