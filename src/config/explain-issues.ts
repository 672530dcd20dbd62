import type { z } from 'zod';
import type { PathPart } from './issue.ts';

type ZodIssue = z.core.$ZodIssue;

export interface PlacedMessage {
  readonly path: readonly PathPart[];
  readonly message: string;
}

/** What the schema refused, one message for each key. */
export function explainIssues(error: z.ZodError, knownKeys: KnownKeys): PlacedMessage[] {
  return error.issues.flatMap((issue) => explainIssue(issue, knownKeys));
}

/** The keys that the schema has under a path; for "did you mean". */
export type KnownKeys = (path: readonly PathPart[]) => readonly string[];

function explainIssue(issue: ZodIssue, knownKeys: KnownKeys): PlacedMessage[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearest(key, knownKeys(path));
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      return { path: [...path, key], message: `there is no such key${hint}` };
    });
  }
  return [{ path, message: explainValue(issue) }];
}

function explainValue(issue: ZodIssue): string {
  if (issue.code === 'invalid_type') return explainType(issue.expected, issue.message);
  if (issue.code === 'invalid_value') {
    return `must be one of ${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'too_small' && isNumeric(issue.origin)) {
    return `must be at least ${issue.minimum}`;
  }
  if (issue.code === 'too_big' && isNumeric(issue.origin)) {
    return `must be at most ${issue.maximum}`;
  }
  return issue.message;
}

function isNumeric(origin: string): boolean {
  return origin === 'number' || origin === 'int';
}

function explainType(expected: string, message: string): string {
  if (message.endsWith('received undefined')) return 'is required';
  const received = /received (\w+)/.exec(message)?.[1] ?? 'something else';
  if (expected === 'int' && received === 'number') return 'must be a whole number';
  return `must be ${nameOfType(expected)}, not ${nameOfType(received)}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a table',
  record: 'a table',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  Date: 'a date (put it in quotes)',
  TomlDate: 'a date (put it in quotes)',
};

function nameOfType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

/** The known key that is one or two slips away. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, distance: editDistance(key, name) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.min(2, key.length - 1) ? best.name : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
