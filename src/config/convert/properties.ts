/**
 * A Java properties file: `key = value`, `key: value` or `key value`; `#` and `!` begin comments, a backslash at the end goes on
 * in the next line, `\uXXXX`, `\t`, `\n` and a backslash before anything else are escapes. The last of equal keys counts.
 */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const match = /^((?:\\.|[^\\=:\s])+)\s*[=:]?\s*(.*)$/su.exec(line);
    if (match !== null) found.set(unescape(match[1] ?? ''), unescape(match[2] ?? '').trim());
  }
  return found;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trimStart();
    if (open === undefined && (line === '' || /^[#!]/.test(line))) continue;
    const whole: string = (open ?? '') + line;
    const goesOn = (/\\*$/.exec(whole)?.[0].length ?? 0) % 2 === 1;
    open = goesOn ? whole.slice(0, -1) : undefined;
    if (open === undefined) lines.push(whole);
  }
  return open === undefined ? lines : [...lines, open];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, code?: string, char?: string) =>
    code === undefined
      ? (ESCAPES[char ?? ''] ?? char ?? '')
      : String.fromCharCode(parseInt(code, 16)),
  );
}
