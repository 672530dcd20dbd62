import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { TestServer } from './servers.ts';

export interface Sql {
  readonly connection: Connection;
  /** Statements one after the other, each whole (no splitting at semicolons). */
  run(...statements: string[]): Promise<void>;
  rows(sql: string): Promise<RowDataPacket[]>;
  /** First column of the first row as text. */
  value(sql: string): Promise<string | null>;
  close(): Promise<void>;
}

/** As root, over TCP, every value as text. */
export async function openSql(
  server: Pick<TestServer, 'port'>,
  options: { readonly database?: string; readonly charset?: string } = {},
): Promise<Sql> {
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    ...options,
  });
  // A server that is killed in a test must not be an unhandled error.
  connection.on('error', () => undefined);
  const rows = async (sql: string): Promise<RowDataPacket[]> => {
    const [found] = await connection.query<RowDataPacket[]>(sql);
    return found;
  };
  return {
    connection,
    rows,
    run: async (...statements) => {
      for (const statement of statements) await connection.query(statement);
    },
    value: async (sql) => {
      const [first] = await rows(sql);
      const [value] = Object.values(first ?? {}) as (string | number | null | undefined)[];
      return value === null || value === undefined ? null : String(value);
    },
    close: async () => {
      await connection.end().catch(() => {
        connection.destroy();
      });
    },
  };
}
