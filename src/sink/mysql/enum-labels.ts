/**
 * The labels in a column type as information_schema spells it: `enum('a','it''s')`. A quote is doubled;
 * a backslash escapes zero byte, newline, return and itself.
 */
export function readLabels(columnType: string): readonly string[] {
  const labels: string[] = [];
  for (const [, quoted = ''] of columnType.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)) {
    labels.push(
      quoted.replaceAll("''", "'").replace(/\\(.)/gs, (_, char: string) => unescape(char)),
    );
  }
  return labels;
}

function unescape(char: string): string {
  return ESCAPES[char] ?? char;
}

const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r' };
