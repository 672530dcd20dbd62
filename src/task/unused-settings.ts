import type { TaskConfig } from '../config/schema.ts';
import type { Logger } from '../lib/logger.ts';

/** What the file may say already and this version does not do. */
export function findUnusedSettings({ target }: TaskConfig): readonly string[] {
  if ((target?.lanes ?? 1) <= 1) return [];
  return ['lanes: this version writes with one connection'];
}

/** Nothing that the file asks for is left aside without a word. */
export function tellUnusedSettings(task: TaskConfig, logger: Logger): void {
  for (const finding of findUnusedSettings(task)) logger.warn(finding);
}
