import type { Table } from '../../src/core/table.ts';
import type { TableMap } from '../../src/core/table-map.ts';
import { createRouter } from '../../src/pipeline/router.ts';
import type { SchemaHistory } from '../../src/schema/schema-history.ts';
import { Discards } from '../../src/source/binlog/discards.ts';
import type { AssemblerOptions } from '../../src/source/binlog/assembler-options.ts';
import { TransactionAssembler } from '../../src/source/binlog/transaction-assembler.ts';

type Given = Pick<AssemblerOptions, 'cursor'> & Partial<AssemblerOptions>;

/** Reads MySQL's events from where the cursor stands, nothing filtered, with these definitions; `given` goes before. */
export function assemblerOf(
  tableFor: (map: TableMap) => Table,
  given: Given,
): TransactionAssembler {
  const history = { tableFor, isSequence: () => false };
  const coordinates = given.cursor.coordinates;
  return new TransactionAssembler({
    flavor: 'mysql',
    versionNumber: given.flavor === 'mariadb' ? 101_100 : 50_700,
    router: createRouter({ exclude: [] }, [], 'tailrace'),
    history: history as unknown as SchemaHistory,
    discards: new Discards(),
    ignoreOwn: true,
    from: { seq: 0, position: { kind: 'coordinates', coordinates } },
    partBytes: 1 << 20,
    isSkipped: undefined,
    keepsRowQueries: false,
    countDropped: () => undefined,
    ...given,
  });
}
