import { malformedJson } from './json-layout.ts';
import { type JsonPathLeg, parseJsonPath } from './json-path.ts';
import { encodeJsonBinary, type JsonMember, type JsonNode, parseJsonBinary } from './json-tree.ts';

/*
 * A partial update of a JSON value: diffs one after the other, applied in order.
 *
 *   0  1  operation: 0 replace, 1 insert, 2 remove
 *      …  length-encoded length of the path, path text (UTF-8)
 *      …  replace and insert: length-encoded length, binary JSON
 *
 * Insert adds a member to an object, or puts an item into an array before the index. Replace and
 * remove need the path to exist.
 * Source: MySQL sql-common/json_diff.cc.
 */

export const JSON_DIFF = { replace: 0, insert: 1, remove: 2 } as const;
const { replace: REPLACE, insert: INSERT, remove: REMOVE } = JSON_DIFF;
type DiffOperation = (typeof JSON_DIFF)[keyof typeof JSON_DIFF];

interface JsonDiff {
  readonly operation: DiffOperation;
  readonly path: string;
  readonly value: JsonNode | undefined;
}

/** Binary JSON before the update and the diffs in `bytes[start..end)` → binary JSON after it. */
export function applyJsonDiffs(
  document: Buffer,
  bytes: Buffer,
  start: number,
  end: number,
): Buffer {
  let root = parseJsonBinary(document, 0, document.length);
  let at = start;
  while (at < end) {
    const { diff, next } = readDiff(bytes, at, end);
    root = applyDiff(root, diff);
    at = next;
  }
  return encodeJsonBinary(root);
}

function readDiff(bytes: Buffer, at: number, end: number): { diff: JsonDiff; next: number } {
  const { operation, path, value: range, next } = readJsonDiffRange(bytes, at, end);
  const value = range && parseJsonBinary(bytes, range.start, range.end);
  return { diff: { operation, path, value }, next };
}

/** Where a diff and its value are. */
export interface JsonDiffRange {
  readonly operation: DiffOperation;
  readonly path: string;
  readonly value: { readonly start: number; readonly end: number } | undefined;
  readonly next: number;
}

export function readJsonDiffRange(bytes: Buffer, at: number, end: number): JsonDiffRange {
  const operation = bytes[at] ?? 0;
  if (!isOperation(operation)) throw malformedJson(`a diff has the operation ${operation}`);
  const name = readCounted(bytes, at + 1, end);
  const path = bytes.utf8Slice(name.start, name.end);
  if (operation === REMOVE) return { operation, path, value: undefined, next: name.end };
  const value = readCounted(bytes, name.end, end);
  return { operation, path, value, next: value.end };
}

function isOperation(value: number): value is DiffOperation {
  return value === REPLACE || value === INSERT || value === REMOVE;
}

/** A length of 1, 3, 4 or 9 bytes and what it counts. */
function readCounted(bytes: Buffer, at: number, end: number): { start: number; end: number } {
  const first = bytes[at] ?? 0;
  const width = first < 0xfb ? 0 : (LENGTH_WIDTHS[first - 0xfc] ?? -1);
  if (width < 0 || at + 1 + width > end) throw malformedJson('a diff is cut off');
  const length = width === 0 ? first : bytes.readUIntLE(at + 1, Math.min(width, 6));
  const start = at + 1 + width;
  if (start + length > end) throw malformedJson('a diff is longer than its value');
  return { start, end: start + length };
}

const LENGTH_WIDTHS = [2, 3, 8] as const;

function applyDiff(root: JsonNode, diff: JsonDiff): JsonNode {
  const legs = parseJsonPath(diff.path);
  const last = legs.at(-1);
  if (last === undefined) {
    if (diff.operation !== REPLACE || diff.value === undefined) throw misfit(diff);
    return diff.value;
  }
  const parent = legs.slice(0, -1).reduce((node, leg) => child(node, leg, diff), root);
  if (typeof last === 'number') applyToItem(parent, last, diff);
  else applyToMember(parent, last, diff);
  return root;
}

function child(node: JsonNode, leg: JsonPathLeg, diff: JsonDiff): JsonNode {
  const found = typeof leg === 'number' ? item(node, leg) : member(node, leg)?.value;
  if (found === undefined) throw misfit(diff);
  return found;
}

/** A value that is no array is an array of that one value, to paths. */
function item(node: JsonNode, index: number): JsonNode | undefined {
  if (node.kind === 'array') return node.items[index];
  return index === 0 ? node : undefined;
}

function member(node: JsonNode, name: string): JsonMember | undefined {
  if (node.kind !== 'object') return undefined;
  const key = Buffer.from(name);
  return node.members.find((candidate) => candidate.key.equals(key));
}

function applyToItem(parent: JsonNode, index: number, diff: JsonDiff): void {
  if (parent.kind !== 'array') throw misfit(diff);
  const { items } = parent;
  const exists = index < items.length;
  if (diff.operation === REMOVE && exists) items.splice(index, 1);
  else if (diff.operation === REPLACE && exists && diff.value !== undefined) {
    items[index] = diff.value;
  } else if (diff.operation === INSERT && diff.value !== undefined) {
    items.splice(index, 0, diff.value);
  } else throw misfit(diff);
}

function applyToMember(parent: JsonNode, name: string, diff: JsonDiff): void {
  if (parent.kind !== 'object') throw misfit(diff);
  const { members } = parent;
  const found = member(parent, name);
  if (diff.operation === REMOVE && found !== undefined) members.splice(members.indexOf(found), 1);
  else if (diff.operation === REPLACE && found !== undefined && diff.value !== undefined) {
    found.value = diff.value;
  } else if (diff.operation === INSERT && found === undefined && diff.value !== undefined) {
    insertMember(members, { key: Buffer.from(name), value: diff.value });
  } else throw misfit(diff);
}

function insertMember(members: JsonMember[], added: JsonMember): void {
  const isAfter = ({ key }: JsonMember): boolean =>
    key.length === added.key.length ? key.compare(added.key) > 0 : key.length > added.key.length;
  const at = members.findIndex(isAfter);
  members.splice(at < 0 ? members.length : at, 0, added);
}

function misfit(diff: JsonDiff): Error {
  return malformedJson(`a diff does not fit the value before it at ${diff.path}`);
}
