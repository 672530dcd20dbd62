import type { TaskConfig } from '../config/schema.ts';
import { TailraceError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';

export interface UnusedSetting {
  /** error: leaving it aside would do something else than the file says. */
  readonly severity: 'error' | 'warning';
  readonly finding: string;
}

/** What the file may say already and this version does not do. */
export function findUnusedSettings(task: TaskConfig): readonly UnusedSetting[] {
  const { target, strategies } = task;
  const found: UnusedSetting[] = [];
  const add = (severity: UnusedSetting['severity'], finding: string): void => {
    found.push({ severity, finding });
  };
  if (strategies.includes('poll')) {
    add('error', 'strategies: this version has no poll');
  }
  if ((target?.lanes ?? 1) > 1) add('warning', 'lanes: this version writes with one connection');
  return found;
}

/** Nothing that the file asks for is left aside without a word. */
export function refuseUnusedSettings(task: TaskConfig, logger: Logger): void {
  for (const { severity, finding } of findUnusedSettings(task)) {
    if (severity === 'error') {
      throw new TailraceError('CONFIG_INVALID', finding, {
        place: { task: task.name },
        next: 'Take it out of the configuration file.',
      });
    }
    logger.warn(finding);
  }
}
