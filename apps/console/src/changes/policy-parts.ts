interface PolicyPart {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  /** The remedy that the policy itself gives; null where it gives none. */
  readonly message: string | null;
}

/** A policy statement with its annotations before it, as a reader sees it. For showing only: the server decides. */
const STATEMENT = /((?:@\w+\("(?:[^"\\]|\\.)*"\)\s*)*)\b(permit|forbid)\s*\(/g;

/** The statements of a policy text, by their @id and @message. Comments are passed over. */
export function policyParts(policies: string): readonly PolicyPart[] {
  const text = policies.replaceAll(/^\s*\/\/.*$/gm, '');
  return [...text.matchAll(STATEMENT)].map(([, annotations = '', effect], index) => ({
    id: annotation(annotations, 'id') ?? `policy ${index + 1}`,
    effect: effect as PolicyPart['effect'],
    message: annotation(annotations, 'message'),
  }));
}

function annotation(text: string, name: string): string | null {
  return new RegExp(`@${name}\\("((?:[^"\\\\]|\\\\.)*)"\\)`).exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? null;
}
