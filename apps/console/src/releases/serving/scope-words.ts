import { type Canary } from '../../api/gen/types.gen.ts';
import { formatPercent } from '../../ui/format.ts';
import { namesInWords } from '../change-words.ts';

/** Which requests a canary is drawn from. */
export function scopeInWords({ segment, routeSlice }: Canary['scope']): string {
  const labels = Object.entries(segment ?? {}).filter(([, value]) => value !== undefined && value !== '');
  return [
    labels.length === 0 ? 'all requests' : `the requests with ${labels.map(([name, value]) => `${name} ${value}`).join(', ')}`,
    ...(routeSlice === null ? [] : [`of which at least ${formatPercent(routeSlice.minShare)} of the prompt goes to ${namesInWords(routeSlice.experts)}`]),
  ].join(' ');
}
