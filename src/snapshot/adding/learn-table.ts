import { TailraceError } from '../../core/errors.ts';
import { isReached } from '../../core/position-order.ts';
import type { Position } from '../../core/position.ts';
import { formatTableName, type TableName } from '../../core/table.ts';
import { captureTables } from '../../schema/capture.ts';
import { readCreateText, readSourceTables, type SourceTable } from '../source-tables.ts';
import { withoutAutoIncrement } from '../table-copier.ts';
import type { AddContext } from './add-table.ts';
import type { Hold } from './copy-gate.ts';

type StreamContext = Pick<AddContext, 'gate' | 'isIdleAt' | 'signal'>;
type LearnContext = StreamContext & Pick<AddContext, 'source' | 'readHead' | 'router'>;

const MOVED_MS = 200;

/** Resolves when the sink was handed everything up to there. */
export async function untilPassed(context: StreamContext, position: Position): Promise<void> {
  const { gate, isIdleAt, signal } = context;
  for (;;) {
    const at = gate.position;
    if ((at !== undefined && isReached(at, position)) || isIdleAt(position)) return;
    await gate.moved(MOVED_MS, signal);
  }
}

/**
 * A table's definition where the stream is held: today's, once the stream has come to where it was looked at and it
 * is the same still. The target has everything up to there.
 */
export async function learnTable(
  context: LearnContext,
  name: TableName,
): Promise<{ readonly table: SourceTable; readonly hold: Hold }> {
  const { gate, source, readHead, signal } = context;
  let text = await createText(context, name);
  for (;;) {
    await untilPassed(context, await readHead(source));
    const hold = await gate.hold(signal);
    try {
      await gate.drain();
      const again = await createText(context, name);
      if (isSameText(again, text)) return { table: await lookAt(context, name), hold };
      text = again;
    } catch (thrown) {
      hold.release();
      throw thrown;
    }
    hold.release();
  }
}

async function createText({ source }: LearnContext, name: TableName): Promise<string> {
  const text = await readCreateText(source, name);
  if (text === undefined) throw gone(name);
  return text;
}

async function lookAt({ source, router }: LearnContext, name: TableName): Promise<SourceTable> {
  const captured = await captureTables(source, [name]);
  const [table] = await readSourceTables(source, captured, router);
  if (table === undefined || table.isSequence) throw gone(name);
  return table;
}

/** Apart from what moves with every row. */
export function isSameText(a: string, b: string): boolean {
  return withoutAutoIncrement(a) === withoutAutoIncrement(b);
}

function gone(name: TableName): TailraceError {
  const table = formatTableName(name);
  return new TailraceError('USAGE', `The source has no table ${table}.`, {
    place: { table },
    next: 'Name a table of the source as DB.TABLE.',
  });
}
