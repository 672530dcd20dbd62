import type { TaskConfig } from '../config/schema.ts';
import type { Logger } from '../lib/logger.ts';

/** What the file says and something else in it makes idle. */
export function findUnusedSettings({ target }: TaskConfig): readonly string[] {
  if (target === undefined || target.lanes === 1 || target.apply !== 'in_order') return [];
  return ['lanes: with apply = "in_order" one connection writes'];
}

/** Nothing that the file asks for is left aside without a word. */
export function tellUnusedSettings(task: TaskConfig, logger: Logger): void {
  for (const finding of findUnusedSettings(task)) logger.warn(finding);
}
