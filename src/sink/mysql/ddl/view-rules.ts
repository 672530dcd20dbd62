import type { SchemaChange } from '../../../core/change.ts';
import type { Router } from '../../../core/route.ts';
import type { TableName } from '../../../core/table.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import type { DdlPlan } from './plan.ts';
import type { DdlSkipReason } from './policy.ts';
import { scanStatement, type ScanToken } from './scan.ts';

/** Why a statement about a view is not even tried; undefined: it is. */
export async function viewSkipReason(
  connection: ServerConnection,
  change: SchemaChange,
  { plan, router }: { readonly plan: DdlPlan; readonly router: Router },
): Promise<DdlSkipReason | undefined> {
  if (!plan.isVerbatim || mayReadRenamed(change, router)) return 'view_renamed';
  const definer = findDefiner(change);
  if (definer === undefined || (await hasAccount(connection, definer))) return undefined;
  return 'view_definer_missing';
}

/**
 * What a view reads is not parsed, so every word in it may be a table, and one that stands before a dot
 * a database. One that the router maps, or a table that keeps its name and has other columns, is too many.
 */
function mayReadRenamed(change: SchemaChange, router: Router): boolean {
  const tokens = scanStatement(change.statement, change.context.sqlModeNames);
  const names = tokens.filter(({ kind }) => kind === 'word' || kind === 'name');
  const qualifiers = tokens.filter((_, index) => tokens[index + 1]?.text === '.');
  const databases = new Set([change.database, ...qualifiers.map(({ text }) => text)]);
  return [...databases].some(
    (database) =>
      (router.isDatabaseIncluded(database) && router.targetDatabase(database) !== database) ||
      names.some(({ text }) => isRenamed({ database, table: text }, router)),
  );
}

function isRenamed(name: TableName, router: Router): boolean {
  return router.isIncluded(name) && router.isRenamed(name);
}

interface Account {
  readonly user: string;
  readonly host: string;
}

/** The servers log each view with its definer: DEFINER=`user`@`host`, CURRENT_USER or a role. */
export function findDefiner(change: SchemaChange): Account | undefined {
  const tokens = scanStatement(change.statement, change.context.sqlModeNames);
  const at = tokens.findIndex((token) => token.text.toUpperCase() === 'DEFINER');
  if (at < 0 || tokens[at + 1]?.text !== '=') return undefined;
  const user = nameOf(tokens[at + 2]);
  if (user === undefined || /^current_(user|role)$/i.test(user)) return undefined;
  const host = tokens[at + 3]?.text === '@' ? nameOf(tokens[at + 4]) : undefined;
  return { user, host: host ?? '%' };
}

function nameOf(token: ScanToken | undefined): string | undefined {
  if (token === undefined || token.kind === 'symbol') return undefined;
  return token.kind === 'text' ? token.text.slice(1, -1) : token.text;
}

async function hasAccount(connection: ServerConnection, { user, host }: Account): Promise<boolean> {
  try {
    const rows = await connection.query(
      'SELECT 1 AS found FROM mysql.user WHERE User = ? AND Host = ?',
      [user, host],
    );
    return rows.length > 0;
  } catch (thrown) {
    // Without the right to look, nobody knows, and a view with a wrong definer gives errors later.
    if (isServerErrno(thrown, 1142, 1044, 1146, 1227)) return false;
    throw thrown;
  }
}
