import { NULL_SPAN, type JsonLayout, type RowSpans } from './json-rows.ts';
import { equalsAt, fault, MemberCursor } from './json-scan.ts';

/** Of `readRowTo`: the object's members are others, or in another order. */
export const OTHER_MEMBERS = -1;

/** Fills `spans` from the object at `at`; false: its members are not exactly those of the layout, in its order. */
export function readRow(bytes: Buffer, at: number, layout: JsonLayout, spans: RowSpans): boolean {
  return readRowTo(bytes, at, layout, spans) !== OTHER_MEMBERS;
}

/** The same; gives where the object ends, or OTHER_MEMBERS. */
export function readRowTo(bytes: Buffer, at: number, layout: JsonLayout, spans: RowSpans): number {
  const { members } = layout;
  const cursor = new MemberCursor(bytes, at);
  spans.fill(0);
  let index = 0;
  while (cursor.next()) {
    const member = members[index++];
    if (member === undefined || !cursor.isNamed(member.name)) return OTHER_MEMBERS;
    setSpan(spans, member.column, cursor.valueStart, cursor.valueEnd);
  }
  return index === members.length ? cursor.end : OTHER_MEMBERS;
}

/** Sets the spans of the members that the object has, whatever their order; the others stay. */
export function readSomeMembers(
  bytes: Buffer,
  at: number,
  layout: JsonLayout,
  spans: RowSpans,
): void {
  const { members } = layout;
  const cursor = new MemberCursor(bytes, at);
  let next = 0;
  while (cursor.next()) {
    let index = next;
    while (index < members.length && !isNamed(layout, index, cursor)) index++;
    if (index === members.length) {
      index = members.findIndex((_, i) => isNamed(layout, i, cursor));
      if (index === -1) throw fault(`an unexpected member "${cursor.name()}"`, cursor.nameStart);
    }
    next = index + 1;
    const column = members[index]?.column ?? -1;
    setSpan(spans, column, cursor.valueStart, cursor.valueEnd);
  }
}

/** Columns that the object left out are NULL. */
export function fillNulls(spans: RowSpans): void {
  for (let at = 0; at < spans.length; at += 2) {
    if (spans[at] === 0) spans[at] = spans[at + 1] = NULL_SPAN;
  }
}

export function memberNames(bytes: Buffer, at: number): string[] {
  const names: string[] = [];
  const cursor = new MemberCursor(bytes, at);
  while (cursor.next()) names.push(cursor.name());
  return names;
}

function isNamed(layout: JsonLayout, index: number, cursor: MemberCursor): boolean {
  const name = layout.members[index]?.name;
  return name !== undefined && equalsAt(cursor.bytes, cursor.nameStart, cursor.nameEnd, name);
}

function setSpan(spans: RowSpans, column: number, start: number, end: number): void {
  if (column < 0) return;
  spans[column * 2] = start;
  spans[column * 2 + 1] = end;
}
