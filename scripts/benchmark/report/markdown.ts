import { cellText, formatFigure, formatRatio, megabytes } from './format.ts';
import { figureOf, type CellResult, type Results } from './results.ts';
import { bestRival, medianOf, OWN, summarize, type ContenderSummary } from './summarize.ts';

export function reportMarkdown(results: Results, chartName: (cell: string) => string): string {
  const { machine } = results;
  return [
    '# Benchmarks',
    '',
    `Made by \`${results.command}\` from ${results.startedAt} to ${results.endedAt}, ${results.rounds} rounds,`,
    `sizes × ${results.scale}. tailrace ${machine.tailrace}, Node.js ${machine.node}, Linux ${machine.kernel};`,
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB; load at the start ${results.loadAtStart}. Everything runs on`,
    'this one machine. Contenders take turns (A B C, C B A, …); ratios are taken round by round: tailrace by the',
    'contender, more than 1 is good for tailrace. A run after which source and target differ, or a count that is wrong,',
    'is void and has no figure.',
    '',
    ...overview(results),
    ...results.cells.flatMap((cell) => cellSection(cell, chartName(cell.name))),
  ].join('\n');
}

function overview({ cells }: Results): string[] {
  return [
    '| cell | tailrace | best of the others | ratio (least … greatest) |',
    '|---|---|---|---|',
    ...cells.map((cell) => overviewRow(cell)),
    '',
  ];
}

export function overviewRow(cell: CellResult): string {
  const all = summarize(cell);
  const own = all.find(({ name }) => name === OWN);
  const rival = bestRival(all);
  const { unit } = cell.compares;
  const theirs =
    rival === undefined
      ? '–'
      : cellText(`${rival.name}: ${formatFigure(rival.figure?.median, unit)}`);
  return `| ${cell.name} | ${formatFigure(own?.figure?.median, unit)} | ${theirs} | ${ratioText(rival)} |`;
}

export const ratioText = (summary: ContenderSummary | undefined): string =>
  summary?.ratio === undefined
    ? '–'
    : `${formatRatio(summary.ratio.median)} (${summary.ratio.min.toFixed(2)} … ${summary.ratio.max.toFixed(2)})`;

function cellSection(cell: CellResult, chart: string): string[] {
  const summaries = summarize(cell);
  const absent = summaries.filter(({ result }) => result.absent !== undefined);
  const voids = summaries.flatMap(({ name, voids: all }) =>
    [...new Set(all)].map((text) => `${name}: ${text}`),
  );
  return [
    `## ${cell.name}`,
    '',
    `${cell.what}.${cell.note === undefined ? '' : ` ${cell.note}`}`,
    '',
    ...settingsLines(cell),
    '',
    `![${cell.name}](${chart})`,
    '',
    `| contender | ${cell.compares.unit}: median (least … greatest) | ratio | µs CPU a row: contender | server | peak RSS, MB: contender | server | MB read | MB written |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...summaries.filter(({ figure }) => figure !== undefined).map(contenderRow),
    '',
    ...figureTable(cell),
    ...roundTable(cell),
    ...voids.map((text) => `- void: ${cellText(text)}`),
    ...absent.map(
      ({ name, result }) => `- took no part: ${name}: ${cellText(result.absent ?? '')}`,
    ),
    '',
  ];
}

function settingsLines({ settings }: CellResult): string[] {
  return Object.entries(settings).map(([key, text]) => `- ${key}: ${cellText(text)}`);
}

function contenderRow({ name, result, figure, ratio }: ContenderSummary): string {
  const note = result.note === undefined ? '' : ` (${result.note})`;
  const spread =
    figure === undefined
      ? '–'
      : `${formatFigure(figure.median)} (${formatFigure(figure.min)} … ${formatFigure(figure.max)})`;
  const ratios =
    ratio === undefined
      ? '–'
      : `${formatRatio(ratio.median)} (${ratio.min.toFixed(2)} … ${ratio.max.toFixed(2)})`;
  return `| ${[
    cellText(`${name} ${result.version}${note}`),
    spread,
    ratios,
    formatFigure(medianOf(result, (measure) => measure.contenderMicrosPerRow)),
    formatFigure(medianOf(result, (measure) => measure.serverMicrosPerRow)),
    formatFigure(medianOf(result, (measure) => measure.peakRssMb)),
    formatFigure(medianOf(result, (measure) => measure.serverPeakRssMb)),
    megabytes(medianOf(result, (measure) => measure.bytesRead)),
    megabytes(medianOf(result, (measure) => measure.bytesWritten)),
  ].join(' | ')} |`;
}

/** What only this suite measures: percentiles, slopes. */
function figureTable(cell: CellResult): string[] {
  const keys = [
    ...new Set(
      cell.contenders.flatMap(({ measures }) =>
        measures.flatMap(({ figures }) => Object.keys(figures ?? {})),
      ),
    ),
  ];
  if (keys.length === 0) return [];
  return [
    `| contender | ${keys.join(' | ')} |`,
    `|---|${keys.map(() => '---|').join('')}`,
    ...cell.contenders
      .filter(({ measures }) => measures.some(({ figures }) => figures !== undefined))
      .map(
        (result) =>
          `| ${result.name} | ${keys.map((key) => formatFigure(medianOf(result, ({ figures }) => figures?.[key]))).join(' | ')} |`,
      ),
    '',
  ];
}

/** Every round as it was, with the load of the machine. */
function roundTable(cell: CellResult): string[] {
  const rounds = [
    ...new Set(cell.contenders.flatMap(({ measures }) => measures.map(({ round }) => round))),
  ].sort((a, b) => a - b);
  const shown = cell.contenders.filter(({ measures }) => measures.length > 0);
  if (rounds.length === 0) return [];
  return [
    `| round | ${shown.map(({ name }) => cellText(name)).join(' | ')} | load |`,
    `|---|${shown.map(() => '---|').join('')}---|`,
    ...rounds.map((round) => {
      const own = shown.map(({ measures }) => measures.find((measure) => measure.round === round));
      const loads = own.flatMap((measure) => (measure?.load === undefined ? [] : [measure.load]));
      const texts = own.map((measure) =>
        measure === undefined
          ? '–'
          : measure.void === undefined
            ? formatFigure(figureOf(measure, cell.compares))
            : 'void',
      );
      return `| ${round} | ${texts.join(' | ')} | ${loads.length === 0 ? '–' : Math.max(...loads)} |`;
    }),
    '',
  ];
}
