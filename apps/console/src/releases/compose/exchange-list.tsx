import { Field } from '@base-ui/react/field';
import { type ReleaseManifest } from '../../api/gen/types.gen.ts';
import { Button } from '../../ui/button.tsx';
import { ComponentLink } from '../release-link.tsx';
import { type Exchange } from './compose-draft.ts';
import { componentsOf } from './manifest-parts.ts';

/** What takes the place of what; a problem with one stands below it. */
export function ExchangeList({ exchanges, base, onRemove }: { readonly exchanges: readonly Exchange[]; readonly base: ReleaseManifest | undefined; readonly onRemove: (component: string) => void }) {
  const before = base === undefined ? {} : componentsOf(base);
  return (
    <Field.Root name="replace">
      {exchanges.length === 0 ? (
        <p className="px-4 pb-3 text-sm text-ink-soft">None: all components are those of the base, or of the releases chosen above.</p>
      ) : (
        <ul aria-label="Exchanged components" className="divide-y divide-line border-t border-line">
          {exchanges.map(({ component, sha256 }) => (
            <li key={component}>
              <Field.Root name={`replace.${component}`} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm">
                <span className="font-mono text-xs">{component}</span>
                <span className="min-w-0 grow">
                  {before[component] === undefined ? <span className="text-ink-soft">not in the base</span> : <ComponentLink sha256={before[component]} />} <span className="text-ink-soft">gives way to</span> <ComponentLink sha256={sha256} />
                </span>
                <Button size="small" variant="quiet" aria-label={`Leave as it is: ${component}`} onClick={() => onRemove(component)}>
                  Leave as it is
                </Button>
                <Field.Error className="w-full text-xs font-medium text-bad" />
              </Field.Root>
            </li>
          ))}
        </ul>
      )}
      <Field.Error className="px-4 pb-2 text-xs font-medium text-bad" />
    </Field.Root>
  );
}
