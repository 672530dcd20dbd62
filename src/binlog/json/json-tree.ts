import {
  isContainer,
  JSON_TYPE,
  JsonContainer,
  type JsonPlace,
  malformedJson,
  MAX_JSON_DEPTH,
  need,
  readVariableLength,
} from './json-layout.ts';

/**
 * A binary document as a tree that can be changed and written again. Scalars stay the bytes they are,
 * so no value loses its type or digits.
 */
export type JsonNode =
  | { readonly kind: 'object'; readonly members: JsonMember[] }
  | { readonly kind: 'array'; readonly items: JsonNode[] }
  | { readonly kind: 'scalar'; readonly type: number; readonly value: Buffer };

export interface JsonMember {
  readonly key: Buffer;
  value: JsonNode;
}

export function parseJsonBinary(bytes: Buffer, start: number, end: number): JsonNode {
  if (start >= end) return { kind: 'scalar', type: JSON_TYPE.LITERAL, value: Buffer.of(0) };
  return parseValue(bytes, { type: bytes[start] ?? 0, at: start + 1, end }, 0);
}

function parseValue(bytes: Buffer, place: JsonPlace, depth: number): JsonNode {
  if (!isContainer(place.type)) {
    const length = scalarLength(bytes, place);
    need(place, length);
    const value = bytes.subarray(place.at, place.at + length);
    return { kind: 'scalar', type: place.type, value };
  }
  if (depth >= MAX_JSON_DEPTH) throw malformedJson('it is nested too deeply');
  const container = new JsonContainer(bytes, place);
  const indexes = Array.from({ length: container.count }, (_, i) => i);
  const valueAt = (i: number) => parseValue(bytes, container.value(i), depth + 1);
  if (!container.isObject) return { kind: 'array', items: indexes.map(valueAt) };
  const members = indexes.map((i) => {
    const key = container.key(i);
    return { key: bytes.subarray(key.start, key.end), value: valueAt(i) };
  });
  return { kind: 'object', members };
}

const FIXED_LENGTHS: ReadonlyMap<number, number> = new Map([
  [JSON_TYPE.LITERAL, 1],
  [JSON_TYPE.INT16, 2],
  [JSON_TYPE.UINT16, 2],
  [JSON_TYPE.INT32, 4],
  [JSON_TYPE.UINT32, 4],
  [JSON_TYPE.INT64, 8],
  [JSON_TYPE.UINT64, 8],
  [JSON_TYPE.DOUBLE, 8],
]);

function scalarLength(bytes: Buffer, place: JsonPlace): number {
  const fixed = FIXED_LENGTHS.get(place.type);
  if (fixed !== undefined) return fixed;
  const isOpaque = place.type === JSON_TYPE.OPAQUE;
  if (!isOpaque && place.type !== JSON_TYPE.STRING) {
    throw malformedJson(`it has a value of type ${place.type}`);
  }
  const lengthAt = place.at + (isOpaque ? 1 : 0);
  const { length, next } = readVariableLength(bytes, lengthAt, place.end);
  return next + length - place.at;
}

/** The document as binary JSON, in the large format throughout (as valid for small ones). */
export function encodeJsonBinary(node: JsonNode): Buffer {
  return Buffer.concat([Buffer.of(typeOf(node)), encodeValue(node)]);
}

function typeOf(node: JsonNode): number {
  if (node.kind === 'scalar') return node.type;
  return node.kind === 'object' ? JSON_TYPE.LARGE_OBJECT : JSON_TYPE.LARGE_ARRAY;
}

/** Literals and numbers up to 32 bits stand in the place of their offset. */
function isInline(node: JsonNode): boolean {
  return node.kind === 'scalar' && (FIXED_LENGTHS.get(node.type) ?? 8) <= 4;
}

function encodeValue(node: JsonNode): Buffer {
  if (node.kind === 'scalar') return node.value;
  const isObject = node.kind === 'object';
  const values = isObject ? node.members.map((member) => member.value) : node.items;
  const keys = isObject ? node.members.map((member) => member.key) : [];
  const keyEntriesAt = 8;
  const valueEntriesAt = keyEntriesAt + keys.length * 6;
  const header = Buffer.alloc(valueEntriesAt + values.length * 5);
  const parts: Buffer[] = [header];
  let size = header.length;
  keys.forEach((key, i) => {
    header.writeUInt32LE(size, keyEntriesAt + i * 6);
    header.writeUInt16LE(key.length, keyEntriesAt + i * 6 + 4);
    parts.push(key);
    size += key.length;
  });
  values.forEach((value, i) => {
    const entry = valueEntriesAt + i * 5;
    header[entry] = typeOf(value);
    const bytes = encodeValue(value);
    if (isInline(value)) {
      bytes.copy(header, entry + 1);
    } else {
      header.writeUInt32LE(size, entry + 1);
      parts.push(bytes);
      size += bytes.length;
    }
  });
  header.writeUInt32LE(values.length, 0);
  header.writeUInt32LE(size, 4);
  return Buffer.concat(parts);
}
