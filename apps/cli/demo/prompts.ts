import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from '../api/exit-code.ts';

const promptSchema = z.object({ prompt: z.string().min(1), task: z.string(), language: z.string() });
export type DemoPrompt = z.output<typeof promptSchema>;

const SHIPPED = join('models', 'tiny-mixtral', 'prompts');

/** The prompts that come with Signalbox: found upwards from this file, in the sources or the build. */
export function shippedPrompts(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, SHIPPED);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new CliError(EXIT.failed, `The demo's prompts (${SHIPPED}) are not here: give their folder with --prompts.`);
  }
}

/** All prompts of a folder, the files' lines in turn, so that domains mix as in real traffic. */
export async function readPrompts(folder: string): Promise<DemoPrompt[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl')).toSorted();
  if (names.length === 0) throw new CliError(EXIT.usage, `${folder} holds no .jsonl file with prompts.`);
  const files = await Promise.all(names.map(async (name) => parseLines(name, await readFile(join(folder, name), 'utf8'))));
  const longest = Math.max(...files.map((prompts) => prompts.length));
  return Array.from({ length: longest }, (_, line) => files.flatMap((prompts) => prompts[line] ?? [])).flat();
}

function parseLines(name: string, text: string): DemoPrompt[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = promptSchema.safeParse(parseJson(line));
    if (!parsed.success) throw new CliError(EXIT.usage, `${name}, line ${index + 1}: expected {"prompt", "task", "language"} as JSON.`);
    return [parsed.data];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
