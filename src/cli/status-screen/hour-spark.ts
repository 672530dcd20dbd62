import { sparkline } from '../sparkline.ts';
import type { TaskHistory } from '../../status/task-status.ts';

const HOUR_MS = 3_600_000;

export type Figure = 'lag' | 'rows';

export interface HourSpark {
  readonly text: string;
  readonly highest: number;
}

/** The last hour in so many characters, each the highest of its part; undefined: nothing is known. */
export function drawHour(
  history: TaskHistory | undefined,
  figure: Figure,
  { width, nowMs = Date.now() }: { readonly width: number; readonly nowMs?: number },
): HourSpark | undefined {
  const parts = new Array<number | undefined>(width).fill(undefined);
  for (const [atMs, lag, rows] of history?.samples ?? []) {
    const value = figure === 'lag' ? lag : rows;
    const part = Math.floor(((atMs - nowMs + HOUR_MS) / HOUR_MS) * width);
    if (value === null || part < 0 || part >= width) continue;
    parts[part] = Math.max(parts[part] ?? 0, value);
  }
  const known = parts.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const highest = Math.max(...known);
  const shares = parts.map((value) => (value === undefined ? value : value / (highest || 1)));
  return { text: sparkline(shares), highest };
}
