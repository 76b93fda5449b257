import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';

type Diff = Omit<RouteOutput<typeof ROUTES.getReleaseDiff>, 'text'>;

/** A diff for people, in lines of plain text. */
export function releaseText({ releaseId, against, summary, components, settings, shared, compatibility, memory }: Diff): string {
  const version = (one: { readonly sha256: string; readonly sizeBytes: number } | null): string => (one ? `${one.sha256.slice(0, 12)} (${one.sizeBytes} bytes)` : 'none');
  const lines = [`${releaseId.slice(0, 12)} against ${against.slice(0, 12)}`, summary, ''];
  for (const { name, before, after } of components) lines.push(`  ${name}: ${version(before)} -> ${version(after)}`);
  for (const { field, before, after } of settings) lines.push(`  ${field}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
  if (components.length + settings.length > 0) lines.push('');
  lines.push(`${shared} components are the same.`);
  lines.push(compatibility.allowed ? `Routers and experts belong together (${compatibility.reason}).` : `Routers and experts are not known to belong together (${compatibility.reason}): evaluate the pair and record it before it answers.`);
  if (memory) {
    const beside = memory.resident.length > 0 ? `beside ${memory.resident.map((id) => id.slice(0, 12)).join(', ')}` : 'with nothing resident';
    lines.push(`Loading it takes ${memory.componentsToLoad} ${memory.componentsToLoad === 1 ? 'component' : 'components'} and ${memory.additionalBytes} bytes of weights as fp32, ${beside}; alone it would be ${memory.totalBytes} bytes.`);
  }
  return lines.join('\n');
}
