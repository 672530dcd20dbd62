import { formatJsonChanges, type JsonChange } from '../../core/json-changes.ts';
import { JSON_DIFF, readJsonDiffRange } from './json-diff.ts';
import {
  isContainer,
  JSON_CHANGES,
  JSON_TYPE,
  JsonContainer,
  type JsonPlace,
  malformedJson,
  MAX_JSON_DEPTH,
  need,
  readVariableLength,
} from './json-layout.ts';
import { formatJsonDouble } from './json-double.ts';
import { opaqueText } from './json-opaque.ts';

/**
 * The document in `bytes[start..end)` as JSON text, as MySQL 8 and later print it: keys in stored
 * order, a space after `:` and `,`, every number with the digits it has. No JavaScript value is made of
 * it on the way, so big integers, `1.0` and a key named `__proto__` stay what they are.
 *
 * No bytes at all are a JSON null: what an INSERT IGNORE puts into a NOT NULL column.
 */
export function jsonBinaryToText(bytes: Buffer, start: number, end: number): string {
  if (start >= end) return 'null';
  if (bytes[start] === JSON_CHANGES) return jsonChangesText(bytes, start + 1, end);
  return valueText(bytes, { type: bytes[start] ?? 0, at: start + 1, end }, 0);
}

const ACTIONS = {
  [JSON_DIFF.replace]: 'replace',
  [JSON_DIFF.insert]: 'insert',
  [JSON_DIFF.remove]: 'remove',
} as const;

/** The diffs in `bytes[start..end)`, for whoever has the document. */
function jsonChangesText(bytes: Buffer, start: number, end: number): string {
  const changes: JsonChange[] = [];
  let at = start;
  while (at < end) {
    const { operation, path, value, next } = readJsonDiffRange(bytes, at, end);
    changes.push({
      action: ACTIONS[operation],
      path,
      value: value === undefined ? undefined : jsonBinaryToText(bytes, value.start, value.end),
    });
    at = next;
  }
  return formatJsonChanges(changes);
}

function valueText(bytes: Buffer, place: JsonPlace, depth: number): string {
  return isContainer(place.type) ? containerText(bytes, place, depth) : scalarText(bytes, place);
}

function containerText(bytes: Buffer, place: JsonPlace, depth: number): string {
  if (depth >= MAX_JSON_DEPTH) throw malformedJson('it is nested too deeply');
  const container = new JsonContainer(bytes, place);
  let text = container.isObject ? '{' : '[';
  for (let i = 0; i < container.count; i++) {
    if (i > 0) text += ', ';
    if (container.isObject) {
      const key = container.key(i);
      text += `${quote(bytes, key.start, key.end)}: `;
    }
    text += valueText(bytes, container.value(i), depth + 1);
  }
  return text + (container.isObject ? '}' : ']');
}

/** JSON.stringify escapes the same characters as MySQL does, in the same way. */
function quote(bytes: Buffer, start: number, end: number): string {
  return JSON.stringify(bytes.utf8Slice(start, end));
}

const LITERALS = ['null', 'true', 'false'] as const;

function scalarText(bytes: Buffer, place: JsonPlace): string {
  switch (place.type) {
    case JSON_TYPE.LITERAL:
      return literalText(bytes, place);
    case JSON_TYPE.STRING: {
      const { length, next } = readVariableLength(bytes, place.at, place.end);
      return quote(bytes, next, next + length);
    }
    case JSON_TYPE.OPAQUE:
      return opaqueText(bytes, place);
    case JSON_TYPE.DOUBLE:
      need(place, 8);
      return formatJsonDouble(bytes.readDoubleLE(place.at));
    default:
      return integerText(bytes, place);
  }
}

function literalText(bytes: Buffer, place: JsonPlace): string {
  need(place, 1);
  const text = LITERALS[bytes[place.at] ?? 0];
  if (text === undefined) throw malformedJson('a literal is none');
  return text;
}

function integerText(bytes: Buffer, place: JsonPlace): string {
  need(place, 2);
  if (place.type === JSON_TYPE.INT16) return String(bytes.readInt16LE(place.at));
  if (place.type === JSON_TYPE.UINT16) return String(bytes.readUInt16LE(place.at));
  need(place, 4);
  if (place.type === JSON_TYPE.INT32) return String(bytes.readInt32LE(place.at));
  if (place.type === JSON_TYPE.UINT32) return String(bytes.readUInt32LE(place.at));
  need(place, 8);
  if (place.type === JSON_TYPE.INT64) return String(bytes.readBigInt64LE(place.at));
  if (place.type === JSON_TYPE.UINT64) return String(bytes.readBigUInt64LE(place.at));
  throw malformedJson(`it has a value of type ${place.type}`);
}
