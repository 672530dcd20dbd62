/**
 * What is known of a table that is added to a task while it runs; kept at the target, in the transactions of the
 * rows. requested: nothing was done yet. copying: some rows are there. settling: all are, and the stream has not
 * come to where the last of them was read. failed: it was refused before anything was done.
 */
export interface AddedTable {
  /** Of the request, so that who waits for it knows its own. */
  readonly id: string;
  readonly state: 'requested' | 'copying' | 'settling' | 'done' | 'failed';
  /** Rows that the target has may be taken away. */
  readonly overwrite: boolean;
  readonly rows: number;
  readonly bytes: number;
  readonly estimatedRows: number;
  /** The definition that the rows were copied under. */
  readonly createText?: string | undefined;
  /** Columns of the key by which it is read, and the literals of the last row that was copied. */
  readonly keyColumns?: readonly string[] | undefined;
  readonly after?: readonly string[] | undefined;
  /** Read as one, in a view at a known position. */
  readonly isWhole?: boolean | undefined;
  /** A serialised position. */
  readonly until?: string | undefined;
  /** Why it does not go on; tried again all the time unless it failed. */
  readonly problem?:
    { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
}

export function requestTable(id: string, overwrite: boolean): AddedTable {
  return { id, state: 'requested', overwrite, rows: 0, bytes: 0, estimatedRows: 0 };
}

export function parseAddedTable(text: string): AddedTable {
  return JSON.parse(text) as AddedTable;
}

export function isUnderWay({ state }: AddedTable): boolean {
  return state !== 'done' && state !== 'failed';
}

/** The target's table was made, or emptied: it is known how it is copied. */
export function isBegun({ state, isWhole }: AddedTable): boolean {
  return state !== 'requested' && isWhole !== undefined;
}
