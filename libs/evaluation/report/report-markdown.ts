import { type Block, type Cell, type Report } from './report.ts';

const MAX_CELL = 300;

/** A report as Markdown, for reviews. What it quotes cannot become markup. */
export function reportMarkdown({ title, blocks }: Report): string {
  return `# ${escaped(title)}\n\n${blocks.map(markdown).join('\n\n')}\n`;
}

function markdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `## ${escaped(block.text)}`;
    case 'text':
      return escaped(block.text);
    case 'list':
      return [...block.items.map((item) => `- ${cell(item)}`), ...(block.more ? [`- and ${block.more} more`] : [])].join('\n');
    case 'table':
      return table(block);
    case 'commands':
      return ['```sh', ...block.lines, '```'].join('\n');
    case 'folded':
      return `<details><summary>${escaped(block.title)}</summary>\n\n${block.blocks.map(markdown).join('\n\n')}\n\n</details>`;
  }
}

function table({ columns, rows, more }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns.map(escaped)), line(columns.map(() => '---')), ...rows.map((row) => line(row.map(cell))), ...(more ? ['', `And ${more} more.`] : [])].join('\n');
}

function cell(of: Cell): string {
  return typeof of === 'string' ? escaped(of) : code(of.quoted);
}

/** In one line, without what would steer a terminal or turn text around. */
function tamed(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();
}

/** Text that means itself: no markup, no mention, no link. */
function escaped(text: string): string {
  return tamed(text)
    .replaceAll(/[\\`*_[\]|~#]/g, '\\$&')
    .replaceAll(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;' })[character] ?? '&gt;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', '&#58;//');
}

/** A code span, with a fence longer than any run of backticks in it. A pipe would end the cell of a table. */
function code(text: string): string {
  const characters = [...tamed(text)];
  const shown = characters.length > MAX_CELL ? `${characters.slice(0, MAX_CELL - 3).join('')}...` : characters.join('');
  if (shown === '') return '-';
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${fence}${space}${shown.replaceAll('|', '\\|')}${space}${fence}`;
}
