import type { Context } from '../context.ts';
import type { CellResult } from '../report/results.ts';

/** Cells of a suite are measured one after the other; each result is handed on as soon as it is there. */
export interface Suite {
  readonly name: string;
  readonly cells: readonly CellName[];
  run(
    context: Context,
    chosen: ReadonlySet<string>,
    done: (cell: CellResult) => void,
  ): Promise<void>;
}

export interface CellName {
  readonly name: string;
  readonly what: string;
  /** Not measured unless asked for by name. */
  readonly onlyByName?: boolean;
}
