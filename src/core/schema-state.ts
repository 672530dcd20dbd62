/**
 * What the schema history knew at a position, in a form that a checkpoint store keeps without
 * understanding it. Keys are table names (`schemaKey`), values the JSON of a definition.
 */
export type SchemaState = ReadonlyMap<string, string>;

/** Changes to a SchemaState: a JSON text sets, null removes. */
export type SchemaDelta = ReadonlyMap<string, string | null>;

/** `database` and `table` as one key; the zero byte can't be in a name. */
export function schemaKey(database: string, table: string): string {
  return `${database}\0${table}`;
}

export function parseSchemaKey(key: string): { readonly database: string; readonly table: string } {
  const [database = '', table = ''] = key.split('\0');
  return { database, table };
}

/** Both, the later one winning. */
export function mergeDeltas(
  earlier: SchemaDelta | undefined,
  later: SchemaDelta | undefined,
): SchemaDelta | undefined {
  if (earlier === undefined) return later;
  return later === undefined ? earlier : new Map([...earlier, ...later]);
}
