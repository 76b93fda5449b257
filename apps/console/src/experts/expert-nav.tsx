import { Link, useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent } from 'react';
import { type Place } from './place.ts';

const LOOK = 'rounded-md border border-line-strong/60 bg-surface px-2.5 py-1 text-sm font-medium no-underline! hover:bg-raised';

/** The neighbour in a direction, around the ends. */
function neighbour({ layer, expert, layers, experts }: Place, key: string): { readonly layer: number; readonly expert: number } | null {
  const around = (value: number, size: number): number => (value + size) % size;
  if (key === 'ArrowLeft') return { layer, expert: around(expert - 1, experts) };
  if (key === 'ArrowRight') return { layer, expert: around(expert + 1, experts) };
  if (key === 'ArrowUp') return { layer: around(layer - 1, layers), expert };
  return key === 'ArrowDown' ? { layer: around(layer + 1, layers), expert } : null;
}

const STEPS = [
  ['ArrowLeft', '← Expert'],
  ['ArrowRight', 'Expert →'],
  ['ArrowUp', '↑ Layer'],
  ['ArrowDown', 'Layer ↓'],
] as const;

/** Leads to the experts beside this one; with the focus in it, arrow keys do. */
export function ExpertNav({ place }: { readonly place: Place }) {
  const navigate = useNavigate();
  const move = (event: KeyboardEvent): void => {
    const next = neighbour(place, event.key);
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void navigate({ to: '/experts/$layer/$expert', params: paramsOf(next), search: true, replace: true });
  };
  return (
    <nav aria-label="Other experts" className="flex flex-wrap items-center gap-2" onKeyDown={move}>
      {STEPS.map(([key, text]) => {
        const next = neighbour(place, key)!;
        return (
          <Link key={key} to="/experts/$layer/$expert" params={paramsOf(next)} search={true} className={LOOK} aria-label={`Expert ${next.expert} of layer ${next.layer}`}>
            <span aria-hidden>
              {text} {key === 'ArrowLeft' || key === 'ArrowRight' ? next.expert : next.layer}
            </span>
          </Link>
        );
      })}
      <Link to="/routing" search={{ layer: place.layer }} className="text-sm">
        Layer {place.layer} on the map
      </Link>
      <span className="hidden text-xs text-ink-soft lg:inline">With the focus here, arrow keys lead on.</span>
    </nav>
  );
}

function paramsOf({ layer, expert }: { readonly layer: number; readonly expert: number }): { layer: string; expert: string } {
  return { layer: String(layer), expert: String(expert) };
}
