import type { SchemaChange } from '../../../core/change.ts';
import type { Router } from '../../../core/route.ts';
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
  if (!plan.isVerbatim || !change.isFullyParsed) return 'view_renamed';
  if (readsRenamedColumns(change, router)) return 'view_renamed';
  const definer = findDefiner(change);
  if (definer === undefined || (await hasAccount(connection, definer))) return undefined;
  return 'view_definer_missing';
}

/** Names that are the same may still hide columns that have other names or are dropped. */
function readsRenamedColumns(change: SchemaChange, router: Router): boolean {
  return change.references.some(({ database, table }) => {
    if (table === undefined) return false;
    return router.isRenamed({ database: database ?? change.database, table });
  });
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
