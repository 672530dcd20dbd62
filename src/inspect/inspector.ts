import { TailraceError } from '../core/errors.ts';
import { formatTableName, type TableName } from '../core/table.ts';
import { sleep } from '../lib/sleep.ts';
import { isServerErrno } from '../server/error-from-server.ts';
import { problemReport, type TableReport } from './inspection-report.ts';
import {
  TableInspection,
  type TableInspectionOptions,
  type TableProgress,
} from './table-inspection.ts';
import { isPair, type PairProblem, type TablePair } from './table-pair.ts';

type Shared = Omit<TableInspectionOptions, 'pair' | 'resume' | 'save' | 'onRows' | 'where'>;

/** Where an inspection keeps how far it is. */
export interface ProgressStore {
  load(table: string): TableProgress | undefined;
  save(table: string, progress: TableProgress): void;
}

export interface InspectionProgress {
  readonly table: string;
  readonly tables: number;
  readonly tablesDone: number;
  /** In all tables. */
  readonly rows: number;
  /** Rows that the servers guess there are; 0: not known. */
  readonly expectedRows: number;
  readonly suspects: number;
}

export interface InspectorOptions extends Shared {
  readonly pairs: readonly (TablePair | PairProblem)[];
  readonly whereOf: (pair: TablePair) => TableInspectionOptions['where'];
  readonly expectedRows: number;
  readonly store: ProgressStore;
  /** The pair as it is now, when a DDL came in between; undefined: the table is gone. */
  readonly pairAgain: (name: TableName) => Promise<TablePair | PairProblem | undefined>;
  readonly onProgress: (progress: InspectionProgress) => void;
}

const ATTEMPTS = 12;
/** Definition changed under the view; unknown column; unknown table. */
const DDL_ERRORS = [1412, 1054, 1146] as const;
const DDL_WAIT_MS = 1_000;

/** Table after table; what is found is reported, only faults are thrown. */
export class Inspector {
  readonly #options: InspectorOptions;
  #rows = 0;
  #done = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  async run(): Promise<readonly TableReport[]> {
    const reports: TableReport[] = [];
    const { views, pairs } = this.#options;
    await views.prepare();
    try {
      for (const pair of pairs) {
        const report = await this.#inspect(pair);
        this.#done += 1;
        if (report === undefined) continue;
        this.#rows += report.rows;
        reports.push(report);
      }
    } finally {
      await views.close().catch(() => undefined);
    }
    return reports;
  }

  async #inspect(first: TablePair | PairProblem): Promise<TableReport | undefined> {
    let pair: TablePair | PairProblem | undefined = first;
    for (let attempt = 1; ; attempt += 1) {
      if (pair === undefined) return undefined;
      if (!isPair(pair)) return problemReport(pair.table, pair.target, pair.problem);
      try {
        return await this.#inspectPair(pair, attempt === 1);
      } catch (thrown) {
        if (attempt === ATTEMPTS || !isServerErrno(thrown, ...DDL_ERRORS))
          throw named(thrown, pair);
        const { views, signal, log, pairAgain } = this.#options;
        await views.close();
        await sleep(DDL_WAIT_MS, signal);
        pair = await pairAgain(pair.name);
        if (pair !== undefined && isPair(pair)) log?.watch(pair);
      }
    }
  }

  async #inspectPair(pair: TablePair, mayResume: boolean): Promise<TableReport> {
    const { store, onProgress, pairs, expectedRows, whereOf, ...shared } = this.#options;
    const table = formatTableName(pair.name);
    const inspection = new TableInspection({
      ...shared,
      pair,
      where: whereOf(pair),
      resume: mayResume ? store.load(table) : undefined,
      save: (progress) => {
        store.save(table, progress);
      },
      onRows: (rows, suspects) => {
        const all = { rows: this.#rows + rows, expectedRows, suspects };
        onProgress({ table, tables: pairs.length, tablesDone: this.#done, ...all });
      },
    });
    return inspection.run();
  }
}

function named(thrown: unknown, pair: TablePair): unknown {
  return thrown instanceof TailraceError
    ? thrown.at({ table: formatTableName(pair.name) })
    : thrown;
}
