/** What a configuration holds; a table of texts is written on one line. */
export type TomlValue =
  string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

export function formatValue(value: TomlValue): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(quote).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, text]) => `${quoteKey(key)} = ${quote(text)}`)
    .join(', ')} }`;
}

function isList(value: TomlValue): value is readonly string[] {
  return Array.isArray(value);
}

const quoteKey = (key: string): string => (/^[\w-]+$/.test(key) ? key : quote(key));

/** Without escapes where that reads better: patterns are full of backslashes. */
function quote(text: string): string {
  if (text.includes('\\') && !/['\u0000-\u001f\u007f]/.test(text)) return `'${text}'`;
  const escaped = text.replace(/[\\"\u0000-\u001f\u007f]/g, (char) =>
    char === '\\' || char === '"'
      ? `\\${char}`
      : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
