import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from './chart.ts';
import { reportMarkdown } from './markdown.ts';
import type { Results } from './results.ts';

/** report.md, results.json and one chart a cell. */
export function writeReport(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  for (const cell of results.cells)
    writeFileSync(join(folder, chartName(cell.name)), barChart(cell));
  writeFileSync(join(folder, 'report.md'), reportMarkdown(results, chartName));
}

export const chartName = (cell: string): string => `${cell.replaceAll('/', '-')}.svg`;
