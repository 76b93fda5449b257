const NAMES: readonly string[] = ['tenant', 'task', 'language'];

/** Segments of a text with one a line, such as `task=chat, language=en`; null where a line is none. */
export function segmentsOf(text: string): readonly Readonly<Record<string, string>>[] | null {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const segments = lines.map((line) => line.split(',').map((part) => /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(part)));
  if (segments.some((parts) => parts.some((part) => part === null || !NAMES.includes(part[1]!)))) return null;
  return segments.map((parts) => Object.fromEntries(parts.map((part) => [part![1]!, part![2]!])));
}
