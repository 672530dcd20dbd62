import type { QueryEvent } from '../../binlog/event.ts';
import type { SchemaChange } from '../../core/change.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { AppliedDdl } from '../../schema/schema-history.ts';

/** A statement of the binlog with what the schema history made of it. */
export function toSchemaChange(
  { header, database, statement, context }: QueryEvent,
  { effects, references, subject, isFullyParsed, before, after }: AppliedDdl,
  coordinates: BinlogCoordinates,
): SchemaChange {
  return {
    kind: 'ddl',
    database,
    statement,
    subject,
    effects,
    references,
    isFullyParsed,
    context,
    coordinates,
    timestamp: header.timestamp,
    before,
    after,
  };
}
