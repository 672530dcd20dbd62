import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { Position } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { SchemaHistory } from '../../schema/schema-history.ts';
import type { BinlogCursor } from './binlog-cursor.ts';
import type { Discards } from './discards.ts';
import type { DropReason } from './open-group.ts';

export interface AssemblerOptions {
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
  readonly router: Router;
  readonly history: SchemaHistory;
  readonly cursor: BinlogCursor;
  readonly discards: Discards;
  /** Drop transactions that a tailrace wrote. */
  readonly ignoreOwn: boolean;
  readonly from: { readonly seq: number; readonly position: Position };
  /** Bytes after which a large transaction is handed on in parts. */
  readonly partBytes: number;
  /** True for the transaction that the operator chose to pass. */
  readonly isSkipped: ((gtid: string | undefined, seq: number) => boolean) | undefined;
  /** Whether anybody wants the statements behind the rows. */
  readonly keepsRowQueries: boolean;
  readonly countDropped: (reason: DropReason, count: number) => void;
}
