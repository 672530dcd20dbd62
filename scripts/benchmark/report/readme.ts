import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceSection } from '../../docs.ts';
import { formatFigure } from './format.ts';
import { ratioText } from './markdown.ts';
import type { CellResult, Results } from './results.ts';
import { bestRival, medianOf, OWN, summarize, type ContenderSummary } from './summarize.ts';

/** Puts the table of a run's results into README.md, with the command that made it. */
export function writeReadme(root: string, folder: string): void {
  const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results;
  const path = join(root, 'README.md');
  writeFileSync(
    path,
    replaceSection(readFileSync(path, 'utf8'), 'benchmarks', readmeTable(results)),
  );
}

export function readmeTable(results: Results): string {
  const { machine } = results;
  return [
    `\`${results.command}\`, ${results.endedAt.slice(0, 10)}, commit ${machine.tailrace}, ${results.rounds} rounds; ${machine.cores} × ${machine.cpu},`,
    `${machine.memoryGb} GB, Node.js ${machine.node}; source, target and contenders all on it, load while it was measured ${loadText(results)}:`,
    '',
    '| what | tailrace | peak RSS | nearest of the others | ratio (least … greatest round) | CPU a row: tailrace, the other |',
    '|---|---|---|---|---|---|',
    ...results.cells.map(row),
    '',
  ].join('\n');
}

/** Of the whole machine, the runs themselves included. */
function loadText({ cells, loadAtStart }: Results): string {
  const loads = cells
    .flatMap(({ contenders }) => contenders.flatMap(({ measures }) => measures))
    .flatMap(({ load }) => load ?? []);
  const [least, greatest] = [Math.min(...loads), Math.max(...loads)];
  return loads.length === 0 ? String(loadAtStart) : `${least.toFixed(1)} … ${greatest.toFixed(1)}`;
}

/** Of the contender and of the server that it loads. */
function cpuText(summary: ContenderSummary | undefined): string {
  if (summary === undefined) return '–';
  const own = medianOf(summary.result, (measure) => measure.contenderMicrosPerRow);
  const server = medianOf(summary.result, (measure) => measure.serverMicrosPerRow);
  if (own === undefined && server === undefined) return '–';
  return `${((own ?? 0) + (server ?? 0)).toFixed(1)} µs`;
}

/** Of a backlog; the scale of cells may differ. */
function sizeText({ settings }: CellResult): string {
  const { rows } = settings;
  return rows === undefined ? '' : `, ${Number(rows).toLocaleString('en')} rows`;
}

function row(cell: CellResult): string {
  const all = summarize(cell);
  const own = all.find(({ name }) => name === OWN);
  const rival = bestRival(all);
  const { unit } = cell.compares;
  const rss = own === undefined ? undefined : medianOf(own.result, (measure) => measure.peakRssMb);
  return `| ${[
    `\`${cell.name}\`${sizeText(cell)}`,
    formatFigure(own?.figure?.median, unit),
    formatFigure(rss, 'MB'),
    rival === undefined
      ? '–'
      : `${rival.name}: ${formatFigure(rival.figure?.median, unit)}`.replaceAll('|', '\\|'),
    ratioText(rival),
    `${cpuText(own)}, ${cpuText(rival)}`,
  ].join(' | ')} |`;
}
