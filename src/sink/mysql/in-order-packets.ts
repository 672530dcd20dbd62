import type { RowsChange } from '../../core/change.ts';
import type { Bindings, PlannedStatement, StatementPacket, StatementPlanner } from './plan.ts';
import { TUNING } from './tuning.ts';

const SEPARATOR = Buffer.from(';');

export interface InOrderOptions {
  readonly planner: StatementPlanner;
  readonly binder: Bindings;
  readonly maxBytes: number;
}

/** Each row as the source wrote it, many statements a round trip. Lazy: one packet at a time is in memory. */
export function* inOrderPackets(
  changes: readonly RowsChange[],
  options: InOrderOptions,
): Generator<StatementPacket> {
  let statements: PlannedStatement[] = [];
  let bytes = 0;
  for (const change of changes) {
    const binding = options.binder.of(change);
    for (const statement of options.planner.planInOrder(change, binding)) {
      const size = statement.sql.length + SEPARATOR.length;
      const isFull = statements.length >= TUNING.packetStatements;
      if (statements.length > 0 && (isFull || bytes + size > options.maxBytes)) {
        yield toPacket(statements);
        statements = [];
        bytes = 0;
      }
      statements.push(statement);
      bytes += size;
    }
  }
  if (statements.length > 0) yield toPacket(statements);
}

function toPacket(statements: readonly PlannedStatement[]): StatementPacket {
  const [first] = statements;
  const kind = 'statements';
  if (statements.length === 1 && first !== undefined) return { kind, sql: first.sql, statements };
  const pieces = statements.flatMap(({ sql }, index) => (index === 0 ? [sql] : [SEPARATOR, sql]));
  return { kind, sql: Buffer.concat(pieces), statements };
}
