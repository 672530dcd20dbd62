import { runDemo, type DemoResult, type TableReport } from '../../task/demo.ts';
import { createDemoView, formatMs } from '../demo-screen.ts';
import { EXIT_OK, print } from '../io.ts';
import { formatTable } from '../print-table.ts';
import type { AddCommand } from '../program.ts';

const SECONDS = 15;
const EXIT_DIFFERENT = 1;

export const addDemoCommand: AddCommand = (program, io, finish) => {
  program
    .command('demo')
    .description(
      'everything on this machine: two throwaway servers, load, replication, a crash, a comparison',
    )
    .action(async () => {
      const view = createDemoView(io.stdout);
      const { signal } = io;
      try {
        const result = await runDemo({ seconds: SECONDS, view, signal });
        print(io, summarize(result));
        finish(result.isEqual ? EXIT_OK : EXIT_DIFFERENT);
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
        print(io, 'Stopped; nothing is left of it.\n');
        finish(EXIT_OK);
      }
    });
};

function summarize(result: DemoResult): string {
  const { tables, isEqual, transactions, writtenRows, seconds, lagMedianMs, lagMaxMs } = result;
  const count = (value: number): string => value.toLocaleString('en-US');
  const sum = (pick: (table: TableReport) => number): string =>
    count(tables.reduce((total, table) => total + pick(table), 0));
  const rows = tables.map((table) => [
    table.table,
    count(table.rows),
    count(table.missing),
    count(table.extra),
    table.problem ?? count(table.stale),
  ]);
  return [
    '',
    formatTable(['TABLE', 'ROWS', 'LOST', 'DOUBLED', 'STALE'], rows),
    `${count(transactions)} transactions, ${count(writtenRows)} row changes in ${seconds} s (${count(Math.round(writtenRows / seconds))} a second)`,
    `lag: median ${formatMs(lagMedianMs)}, most ${formatMs(lagMaxMs)} (while it was killed)`,
    `killed once: ${sum(({ missing }) => missing)} rows lost, ${sum(({ extra }) => extra)} doubled, ${sum(({ stale }) => stale)} stale`,
    'compared row by row, as tailrace inspect does',
    isEqual ? 'Source and target are equal.' : 'Source and target DIFFER.',
    '',
  ].join('\n');
}
