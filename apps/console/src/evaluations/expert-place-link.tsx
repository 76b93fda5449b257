import { Link } from '@tanstack/react-router';

/** An expert by its place, with the way to its page. */
export function ExpertPlaceLink({ layer, expert }: { readonly layer: number; readonly expert: number }) {
  return (
    <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(expert) }} className="whitespace-nowrap">
      layer {layer}, expert {expert}
    </Link>
  );
}
