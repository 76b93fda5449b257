import { type Block, type Cell, type Report } from './report.ts';

const MAX_CELL = 100;

/** A report for a terminal, of about a screen: of what is folded it says that it is there. */
export function reportText({ title, blocks }: Report): string {
  return `${tamed(title)}\n\n${blocks.map(textOf).join('\n')}\n`;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `\n${tamed(block.text)}`;
    case 'text':
      return tamed(block.text);
    case 'list':
      return [...block.items.map((item) => `  - ${cell(item, 4 * MAX_CELL)}`), ...(block.more ? [`  - and ${block.more} more`] : [])].join('\n');
    case 'table':
      return table(block);
    case 'commands':
      return block.lines.map((line) => `  ${line}`).join('\n');
    case 'folded':
      return `  + ${tamed(block.title)}: see --format markdown`;
  }
}

function table({ columns, rows, more }: Extract<Block, { kind: 'table' }>): string {
  const cells = [columns, ...rows.map((row) => row.map((one) => cell(one, MAX_CELL)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => [...(row[at] ?? '')].length)));
  const lines = cells.map((row) => `  ${row.map((text, at) => text + ' '.repeat(Math.max(0, (widths[at] ?? 0) - [...text].length))).join('  ')}`.trimEnd());
  return [...lines, ...(more ? [`  and ${more} more`] : [])].join('\n');
}

function cell(of: Cell, max: number): string {
  const characters = [...tamed(typeof of === 'string' ? of : of.quoted)];
  return characters.length > max ? `${characters.slice(0, max - 3).join('')}...` : characters.join('');
}

/** In one line, without what would steer a terminal or turn text around. */
function tamed(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();
}
