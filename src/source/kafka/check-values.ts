import type { RowVisitor } from '../../core/row.ts';
import type { JsonLayout, RowSpans } from '../../message/decode/json-rows.ts';
import { isNull } from '../../message/decode/json-scan.ts';

const NOTHING = (): void => undefined;

const READER: RowVisitor = {
  absent: NOTHING,
  null: NOTHING,
  integer: NOTHING,
  bigint: NOTHING,
  float: NOTHING,
  double: NOTHING,
  ascii: NOTHING,
  json: NOTHING,
  bytes: NOTHING,
};

/** Reads every value once: one that can't be read is a fault of its message, found before anything is made of it. */
export function checkValues(layout: JsonLayout, bytes: Buffer, spans: RowSpans): void {
  const { readers } = layout;
  for (let column = 0; column < readers.length; column++) {
    const start = spans[column * 2] as number;
    if (start <= 0 || isNull(bytes, start)) continue;
    readers[column]?.read(READER, column, bytes, start, spans[column * 2 + 1] as number);
  }
}
