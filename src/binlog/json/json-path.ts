import { malformedJson } from './json-layout.ts';

/** One step of a path: the name of a member, or the index of an array's item. */
export type JsonPathLeg = string | number;

const LEG = /\.([^."[\]\s]+)|\.("(?:[^"\\]|\\.)*")|\[(\d+)\]/gy;

/**
 * A path as MySQL writes it into JSON diffs: `$`, then `.name`, `."quoted name"` or `[index]`, without
 * wildcards.
 */
export function parseJsonPath(path: string): readonly JsonPathLeg[] {
  if (!path.startsWith('$')) throw malformedJson(`the path ${path} does not start with $`);
  const legs: JsonPathLeg[] = [];
  LEG.lastIndex = 1;
  let end = 1;
  for (let leg = LEG.exec(path); leg !== null; leg = LEG.exec(path)) {
    const [, name, quoted, index] = leg;
    if (index !== undefined) legs.push(Number(index));
    else legs.push(name ?? unquote(quoted ?? '""'));
    end = LEG.lastIndex;
  }
  if (end !== path.length) throw malformedJson(`the path ${path} is not understood`);
  return legs;
}

function unquote(quoted: string): string {
  return JSON.parse(quoted) as string;
}
