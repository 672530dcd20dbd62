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
