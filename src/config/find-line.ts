import type { PathPart } from './issue.ts';

const ARRAY_HEADER = /^\s*\[\[\s*([^\]]+?)\s*\]\]/;
const HEADER = /^\s*\[\s*([^\]]+?)\s*\]/;
const KEY = /^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*(?:=|\.)/;

/**
 * The line on which a key stands, for messages: the TOML parser does not tell. It reads headers and
 * the first key of each line, as files are written; where it finds nothing the nearest table counts.
 */
export function findLine(text: string, path: readonly PathPart[]): number | undefined {
  const counts = new Map<string, number>();
  let table: readonly PathPart[] = [];
  let best: { line: number; depth: number } | undefined;
  for (const [index, content] of text.split('\n').entries()) {
    const here = readLine(content, table, counts);
    if (here === undefined) continue;
    if (here.isHeader) table = here.path;
    const depth = commonPrefix(here.path, path);
    if (depth === here.path.length && depth > (best?.depth ?? 0)) best = { line: index + 1, depth };
  }
  return best?.line;
}

function readLine(
  content: string,
  table: readonly PathPart[],
  counts: Map<string, number>,
): { path: readonly PathPart[]; isHeader: boolean } | undefined {
  const array = ARRAY_HEADER.exec(content)?.[1];
  if (array !== undefined) {
    const parts = resolveArrays(split(array), counts);
    const key = JSON.stringify(parts);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return { path: [...parts, count], isHeader: true };
  }
  const header = HEADER.exec(content)?.[1];
  if (header !== undefined) {
    return { path: resolveArrays(split(header), counts), isHeader: true };
  }
  const key = KEY.exec(content)?.[1];
  return key === undefined ? undefined : { path: [...table, unquote(key)], isHeader: false };
}

/** `task.source` means the last `[[task]]` so far. */
function resolveArrays(parts: readonly string[], counts: ReadonlyMap<string, number>): PathPart[] {
  const path: PathPart[] = [];
  for (const [index, part] of parts.entries()) {
    path.push(part);
    const count = counts.get(JSON.stringify(path));
    if (count !== undefined && index < parts.length - 1) path.push(count - 1);
  }
  return path;
}

function split(header: string): string[] {
  return header.split('.').map((part) => unquote(part.trim()));
}

function unquote(key: string): string {
  return key.replace(/^(["'])(.*)\1$/, '$2');
}

function commonPrefix(a: readonly PathPart[], b: readonly PathPart[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
