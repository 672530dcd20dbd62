import type { Finished } from '../support/tailrace.ts';

export interface InspectedDifference {
  readonly table: string;
  readonly key: string;
  readonly kind: string;
  readonly cause: string;
  readonly copies: number;
  readonly isRepaired: boolean;
  readonly columns: readonly {
    readonly column: string;
    readonly source: string | null;
    readonly target: string | null;
    readonly cause: string;
  }[];
}

/** What `inspect --json` says of one task. */
export interface InspectionReport {
  readonly task: string;
  readonly remaining: number;
  readonly isEqual: boolean;
  readonly withoutBinlog: string | null;
  readonly resumedFrom: string | null;
  readonly tables: readonly {
    readonly table: string;
    readonly target: string;
    readonly problem: string | null;
    readonly rows: number;
    readonly missing: number;
    readonly extra: number;
    readonly stale: number;
    readonly repaired: number;
    readonly behind: number;
    readonly unsettled: number;
    readonly seconds: number;
    readonly differences: readonly InspectedDifference[];
  }[];
}

interface Commands {
  command(...words: string[]): Promise<Finished>;
}

export interface Inspected {
  readonly code: number | null;
  readonly report: InspectionReport;
  readonly stderr: string;
}

export async function runInspect(pair: Commands, ...options: string[]): Promise<Inspected> {
  const { code, stdout, stderr } = await pair.command('inspect', '--json', ...options);
  if (stdout === '') throw new Error(`exit ${code}: ${stderr.slice(-3000)}`);
  const [report] = (JSON.parse(stdout) as { tasks: InspectionReport[] }).tasks;
  if (report === undefined) throw new Error('no task was inspected');
  return { code, report, stderr };
}

export function allDifferences(report: InspectionReport): readonly InspectedDifference[] {
  return report.tables.flatMap(({ differences }) => differences);
}
