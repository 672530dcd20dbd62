import { decimalByteLength, readDecimal } from '../column/decimal.ts';
import { packedDatetimeText, packedDateText, packedTimeText } from '../column/temporal.ts';
import { WIRE_TYPE } from '../wire-types.ts';
import { type JsonPlace, malformedJson, need, readVariableLength } from './json-layout.ts';

/** MySQL breaks base64 text into lines of this length, inside the JSON string too. */
const BASE64_LINE = /(.{76})(?=.)/g;

/**
 * SQL values inside JSON, as CAST(… AS CHAR) prints them: DECIMAL as a bare number with all its
 * digits, dates and times as strings with six fractional digits, everything else as
 * "base64:type<number>:<data>".
 */
export function opaqueText(bytes: Buffer, place: JsonPlace): string {
  need(place, 2);
  const type = bytes[place.at] ?? 0;
  const { length, next } = readVariableLength(bytes, place.at + 1, place.end);
  if (type === WIRE_TYPE.NEWDECIMAL) return decimalText(bytes, next, length);
  const temporal = TEMPORAL_TEXTS.get(type);
  if (temporal !== undefined) {
    if (length !== 8) throw malformedJson(`a temporal value has ${length} bytes`);
    return `"${temporal(bytes.readBigInt64LE(next))}"`;
  }
  const base64 = bytes.toString('base64', next, next + length);
  return `"base64:type${type}:${base64.replace(BASE64_LINE, '$1\\n')}"`;
}

const TEMPORAL_TEXTS: ReadonlyMap<number, (packed: bigint) => string> = new Map([
  [WIRE_TYPE.DATE, packedDateText],
  [WIRE_TYPE.NEWDATE, packedDateText],
  [WIRE_TYPE.TIME, packedTimeText],
  [WIRE_TYPE.DATETIME, packedDatetimeText],
  [WIRE_TYPE.TIMESTAMP, packedDatetimeText],
]);

/** Precision, scale, then the digits as in a DECIMAL column. */
function decimalText(bytes: Buffer, at: number, length: number): string {
  const precision = bytes[at] ?? 0;
  const scale = bytes[at + 1] ?? 0;
  const meta = precision | (scale << 8);
  if (length < 2 || scale > precision || length !== 2 + decimalByteLength(meta)) {
    throw malformedJson(`a decimal of ${length} bytes`);
  }
  return readDecimal(bytes, at + 2, meta);
}
