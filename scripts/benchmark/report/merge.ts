import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellResult, Results } from './results.ts';

/** What an earlier run left in the folder. */
export function readResults(folder: string): Results | undefined {
  const path = join(folder, 'results.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : undefined;
}

/** Cells of several runs in the order in which one run would have made them; of two alike the newer. */
export function mergeCells(
  before: readonly CellResult[],
  now: readonly CellResult[],
  order: readonly string[],
): CellResult[] {
  const all = new Map([...before, ...now].map((cell) => [cell.name, cell]));
  const known = order.flatMap((name) => all.get(name) ?? []);
  return [...known, ...[...all.values()].filter(({ name }) => !order.includes(name))];
}

/** Each of several runs may have its own. */
const OF_ONE_RUN = new Set(['--only', '--contender', '--scale']);

/** As a reader types it: a report made in several runs names no single cell, and nobody's folder. */
export function commandOf(args: readonly string[]): string {
  const isAdded = args.includes('--add');
  const kept = args.filter((arg, at) => {
    const option = arg.startsWith('--') ? arg : args[at - 1];
    if (option === '--out') return false;
    return !(isAdded && OF_ONE_RUN.has(option ?? ''));
  });
  const words = kept.map((word) => (word.includes(' ') ? `"${word}"` : word));
  const rest = isAdded ? ['--only NAME [--contender NAME] [--scale X]'] : [];
  return ['scripts/bench', ...words, ...rest].join(' ');
}
