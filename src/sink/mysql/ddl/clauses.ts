import type { ScanToken } from './scan.ts';

/** `statement.slice(start, end)` becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One that lies within another is part of what that takes away. */
export function applyEdits(statement: string, edits: readonly Edit[]): string {
  const isWithin = (edit: Edit, other: Edit): boolean =>
    other !== edit && other.start <= edit.start && other.end >= edit.end;
  const outer = edits.filter((edit) => !edits.some((other) => isWithin(edit, other)));
  let text = statement;
  for (const edit of outer.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  }
  return text;
}

interface Group {
  /** What stands between the parentheses; undefined: there are none. */
  readonly inside: readonly ScanToken[] | undefined;
  readonly behind: readonly ScanToken[];
}

/** The first parentheses from there on, at the depth of that token. */
export function groupAt(tokens: readonly ScanToken[], from: number): Group {
  const depth = tokens[from]?.depth ?? 0;
  const isMark = (text: string) => (token: ScanToken, at: number) =>
    at >= from && token.kind === 'symbol' && token.text === text && token.depth === depth;
  const open = tokens.findIndex(isMark('('));
  const close = tokens.findIndex(isMark(')'));
  if (open < 0) return { inside: undefined, behind: [] };
  const end = close < 0 ? tokens.length : close;
  return { inside: tokens.slice(open + 1, end), behind: tokens.slice(end + 1) };
}

/** Cut at the commas between them. */
export function partsOf(tokens: readonly ScanToken[]): readonly (readonly ScanToken[])[] {
  const depth = tokens[0]?.depth ?? 0;
  const parts: ScanToken[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === ',' && token.depth === depth) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

/** Clauses of an ALTER TABLE, from behind its table's name. */
export function clausesOf(tokens: readonly ScanToken[]): readonly ScanToken[] {
  const first = tokens[0]?.text.toUpperCase();
  if (first === 'NOWAIT') return tokens.slice(1);
  return first === 'WAIT' ? tokens.slice(2) : tokens;
}

/** Takes parts out of a list, each with one of its commas; some part stays. */
export function removeClauses(
  parts: readonly (readonly ScanToken[])[],
  isGone: readonly boolean[],
): readonly Edit[] {
  const firstKept = isGone.indexOf(false);
  return parts.flatMap((part, at) => {
    if (isGone[at] !== true) return [];
    const start = at < firstKept ? part[0]?.start : parts[at - 1]?.at(-1)?.end;
    const end = at < firstKept ? parts[at + 1]?.[0]?.start : part.at(-1)?.end;
    return start === undefined || end === undefined ? [] : [{ start, end, text: '' }];
  });
}
