import { formatFigure, formatRatio } from './format.ts';
import type { CellResult } from './results.ts';
import { OWN, summarize } from './summarize.ts';

const [WIDTH, BAR, GAP, LEFT, RIGHT, TOP] = [760, 22, 10, 230, 170, 44];

/** Medians as bars, with a line from the least to the greatest of all rounds. */
export function barChart(cell: CellResult): string {
  const shown = summarize(cell).filter(({ figure }) => figure !== undefined);
  const most = Math.max(...shown.map(({ figure }) => figure?.max ?? 0), 1e-9);
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const height = TOP + shown.length * (BAR + GAP) + GAP;
  const bars = shown.map(({ name, figure, ratio }, index) => {
    const { median, min, max } = figure ?? { median: 0, min: 0, max: 0 };
    const y = TOP + index * (BAR + GAP);
    const middle = y + BAR / 2;
    const label = `${formatFigure(median)}${ratio === undefined ? '' : ` (tailrace ${formatRatio(ratio.median)})`}`;
    return [
      text(LEFT - 8, middle + 4, name, 'text-anchor="end"'),
      `<rect x="${LEFT}" y="${y}" width="${px(median * scale)}" height="${BAR}" fill="${name === OWN ? '#2f6fde' : '#9aa7b8'}"/>`,
      `<line x1="${px(LEFT + min * scale)}" x2="${px(LEFT + max * scale)}" y1="${middle}" y2="${middle}" stroke="#222" stroke-width="1.5"/>`,
      text(px(LEFT + Math.max(median, max) * scale + 8), middle + 4, label),
    ].join('\n');
  });
  const { unit, better } = cell.compares;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${text(12, 18, cell.name, 'font-size="14" font-weight="bold"')}
${text(12, 34, `${cell.what}: ${unit}, ${better} is better`, 'fill="#555"')}
${bars.join('\n')}
</svg>
`;
}

const px = (value: number): number => Math.round(value * 10) / 10;

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${x}" y="${y}" ${attributes}>${escapeXml(content)}</text>`;

const escapeXml = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
