import type { CopyFit, CopyMark } from '../core/copy.ts';
import { TailraceError } from '../core/errors.ts';
import { formatTableName } from '../core/table.ts';
import { isServerErrno } from '../server/error-from-server.ts';
import { markOf, type Slice, type TableRecord } from './copy-record.ts';
import { progressOf, saveMarks, type CopyRun } from './copy-run.ts';
import { createInSteps } from './create-statement.ts';
import { sourceStatement } from './source-statement.ts';
import type { SourceTable } from './source-tables.ts';

/** Below this, making the keys with the table costs less than an ALTER. */
const LATE_KEY_ROWS = 20_000;
const DUPLICATE_KEY_NAME = 1061;

/** Makes one table ready for its rows, and ends it when they are there. */
export class TableCopier {
  readonly table: SourceTable;
  readonly #run: CopyRun;
  #record: TableRecord | undefined;
  #fit: CopyFit | undefined;

  constructor(run: CopyRun, table: SourceTable) {
    this.#run = run;
    this.table = table;
    this.#record = run.record.table(table.key);
  }

  /** How the target takes the rows; after `prepare`. */
  get fit(): CopyFit {
    if (this.#fit === undefined) throw new TailraceError('INTERNAL_FAULT', 'not prepared yet');
    return this.#fit;
  }

  get record(): TableRecord {
    if (this.#record === undefined) throw new TailraceError('INTERNAL_FAULT', 'not prepared yet');
    return this.#record;
  }

  /** Nothing is copied twice: a table that was begun is emptied, unless its slices tell how far it is. */
  async prepare(chooseSlices?: (fit: CopyFit) => Promise<readonly Slice[] | undefined>) {
    const { target } = this.#run;
    progressOf(this.#run, this.table).state = 'copying';
    if (this.#record !== undefined && isResumable(this.#record, this.table)) {
      this.#fit = await target.fit(this.table);
      await target.announce?.(this.table, 'start');
      return;
    }
    await (this.#record === undefined ? this.#begin() : this.#beginAgain(this.#record));
    this.#fit = await target.fit(this.table);
    await target.announce?.(this.table, 'start');
    const slices = await chooseSlices?.(this.#fit);
    if (slices !== undefined) await this.#save({ ...this.record, slices });
  }

  /** All rows are there. */
  async finish(): Promise<void> {
    const progress = progressOf(this.#run, this.table);
    await this.#run.target.announce?.(this.table, 'complete');
    const wasFilled = this.record.state === 'filled';
    const { rows, bytes } = progress;
    if (this.record.lateKeys.length > 0) {
      progress.state = 'keys';
      if (!wasFilled) await this.#save({ ...this.record, state: 'filled', rows, bytes });
      await this.#addKeys(wasFilled);
    }
    const done: TableRecord = { ...this.record, slices: undefined, state: 'done', rows, bytes };
    await saveMarks(this.#run, [...this.#sliceMarks(), markOf(this.table.key, done)]);
    this.#record = done;
    progress.state = 'done';
  }

  /** Take away what is known of single slices. */
  #sliceMarks(): CopyMark[] {
    return this.#run.record
      .keysOf(this.table.key)
      .filter((key) => key !== this.table.key)
      .map((key) => ({ key, text: null }));
  }

  async #begin(): Promise<void> {
    const { target, overwrite } = this.#run;
    const name = this.table.route.target;
    const { exists, hasRows } = await target.stateOf(name);
    if (hasRows && !overwrite) throw targetFilled([formatTableName(name)]);
    const { create, lateKeys } = this.#definition();
    await this.#save({
      state: 'begun',
      isOwn: !exists,
      rows: 0,
      bytes: 0,
      createText: this.table.createText,
      lateKeys: exists ? [] : lateKeys,
    });
    if (exists && hasRows) await target.truncateTable(name);
    if (!exists) await this.#create(create);
  }

  async #beginAgain(record: TableRecord): Promise<void> {
    const { target } = this.#run;
    const name = this.table.route.target;
    const { create, lateKeys } = this.#definition();
    await saveMarks(this.#run, this.#sliceMarks());
    await this.#save({
      ...record,
      slices: undefined,
      state: 'begun',
      rows: 0,
      bytes: 0,
      createText: this.table.createText,
      lateKeys: record.isOwn ? lateKeys : [],
    });
    if (record.isOwn) {
      await target.dropTable(name);
      await this.#create(create);
    } else await target.truncateTable(name);
  }

  #definition(): { readonly create: string; readonly lateKeys: readonly string[] } {
    const { sourceInfo } = this.#run;
    const { engine, family, estimatedRows } = this.table;
    const isLate = engine === 'innodb' && family === undefined && estimatedRows >= LATE_KEY_ROWS;
    if (isLate) return createInSteps(this.table, sourceInfo);
    return { create: this.table.createText, lateKeys: [] };
  }

  async #create(statement: string): Promise<void> {
    const { sourceInfo, target } = this.#run;
    await target.runDdl(sourceStatement(statement, this.table.name.database, sourceInfo));
  }

  /** One by one where an earlier run may have got through with some. */
  async #addKeys(mayExist: boolean): Promise<void> {
    const { lateKeys } = this.record;
    const groups = mayExist ? lateKeys.map((key) => [key]) : [lateKeys];
    for (const keys of groups) {
      const alter = `ALTER TABLE \`${this.table.name.table.replaceAll('`', '``')}\` ${keys.map((key) => `ADD ${key}`).join(', ')}`;
      try {
        await this.#create(alter);
      } catch (thrown) {
        if (!mayExist || !isServerErrno(thrown, DUPLICATE_KEY_NAME)) throw thrown;
      }
    }
  }

  async #save(record: TableRecord): Promise<void> {
    await saveMarks(this.#run, [markOf(this.table.key, record)]);
    this.#record = record;
  }
}

export function targetFilled(names: readonly string[]): TailraceError {
  const shown = names.slice(0, 5).join(', ');
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return new TailraceError(
    'SNAPSHOT_TARGET_FILLED',
    `The target has rows already in ${shown}${more}.`,
    names.length === 1 ? { place: { table: shown } } : {},
  );
}

/** It can be gone on with: it is known which rows are there, under the definition of today. */
export function isResumable(record: TableRecord, table: SourceTable): boolean {
  if (record.slices === undefined && record.state !== 'filled') return false;
  return withoutAutoIncrement(record.createText) === withoutAutoIncrement(table.createText);
}

/** It moves with every row. */
export function withoutAutoIncrement(createText: string): string {
  return createText.replace(/ AUTO_INCREMENT=\d+/, '');
}
