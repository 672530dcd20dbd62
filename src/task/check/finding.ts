/** Something that stops a task (error), may do so or weakens a guarantee (warning), or is good to know (note). */
export interface CheckFinding {
  readonly severity: 'error' | 'warning' | 'note';
  readonly task: string;
  readonly end: 'source' | 'target' | 'kafka' | 'config';
  /** An error code of the README, or a word of this check's own. */
  readonly code: string;
  readonly finding: string;
  /** Statement that mends it, to be run on that end; absent: it takes more, `finding` says what. */
  readonly fixSql?: string;
}

/** A finding before it is known whose it is. */
export interface Problem {
  readonly severity: CheckFinding['severity'];
  readonly code: string;
  readonly finding: string;
  readonly fixSql?: string | undefined;
}

export function toFinding(task: string, end: CheckFinding['end'], problem: Problem): CheckFinding {
  const { severity, code, finding, fixSql } = problem;
  return { severity, task, end, code, finding, ...(fixSql === undefined ? {} : { fixSql }) };
}
