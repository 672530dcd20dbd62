import { z } from 'zod';
import type { PathPart } from './issue.ts';
import { configSchema } from './schema.ts';

/** One key of the configuration file. */
export interface ReferenceKey {
  /** `[task.source]`; '' is the top of the file. */
  readonly table: string;
  readonly key: string;
  readonly type: string;
  /** As TOML; undefined: there is none. */
  readonly defaultValue: string | undefined;
  readonly isRequired: boolean;
  readonly meaning: string;
}

/** As much of a JSON schema as ours uses. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
}

/** Every key, in the order of the schema. */
export function referenceKeys(): ReferenceKey[] {
  return keysUnder(jsonSchema(), '');
}

/** The keys as Markdown, one table for each table of the file. */
export function referenceMarkdown(): string {
  const all = referenceKeys();
  const names = [...new Set(all.map(({ table }) => table))];
  const parts = names.map((table) => {
    const keys = all.filter((key) => key.table === table);
    const title = table === '' ? '#### Top of the file' : `#### \`${table}\``;
    const rows = keys.map(
      (key) =>
        `| \`${key.key}\` | ${key.type} | ${defaultCell(key)} | ${escapeCell(key.meaning)} |`,
    );
    return [title, '', '| key | type | default | meaning |', '|---|---|---|---|', ...rows].join(
      '\n',
    );
  });
  return `${parts.join('\n\n')}\n`;
}

/** The keys that the schema knows under a path of the file. */
export function knownKeys(path: readonly PathPart[]): string[] {
  let node: Node | undefined = jsonSchema();
  for (const part of path) {
    node = typeof part === 'number' ? node?.items : node?.properties?.[part];
  }
  return Object.keys(node?.properties ?? {});
}

let cached: Node | undefined;

function jsonSchema(): Node {
  cached ??= z.toJSONSchema(configSchema({ env: () => undefined, baseDir: '/' }), {
    io: 'input',
    unrepresentable: 'any',
  }) as Node;
  return cached;
}

function keysUnder(node: Node, table: string): ReferenceKey[] {
  const entries = Object.entries(node.properties ?? {});
  const name = table.replace(/^\[+|\]+$/g, '');
  const below = (key: string): string => (name === '' ? key : `${name}.${key}`);
  const own: ReferenceKey[] = [];
  const tables: ReferenceKey[] = [];
  for (const [key, child] of entries) {
    if (child.properties !== undefined) {
      tables.push(...keysUnder(child, `[${below(key)}]`));
    } else if (child.items?.properties !== undefined) {
      tables.push(...keysUnder(child.items, `[[${below(key)}]]`));
    } else {
      own.push({
        table,
        key,
        type: typeName(child),
        defaultValue: child.default === undefined ? undefined : toToml(child.default),
        isRequired: node.required?.includes(key) === true,
        meaning: child.description ?? '',
      });
    }
  }
  return [...own, ...tables];
}

function typeName(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (node.anyOf?.some((one) => one.properties !== undefined) === true) return 'secret';
  if (node.anyOf !== undefined) return 'string';
  if (node.type === 'array')
    return node.items?.enum === undefined
      ? `list of ${typeName(node.items ?? {})}s`
      : `list of ${typeName(node.items)}`;
  if (node.type === 'object') return 'table';
  return node.type ?? 'any';
}

function toToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toToml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length === 0 ? '{}' : JSON.stringify(value);
  }
  return JSON.stringify(value);
}

function defaultCell({ isRequired, defaultValue }: ReferenceKey): string {
  if (defaultValue !== undefined) return `\`${defaultValue}\``;
  return isRequired ? '**required**' : '–';
}

function escapeCell(text: string): string {
  return text.replace(/\|/g, '\\|');
}
