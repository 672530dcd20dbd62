import type { TableRoute } from '../../../src/core/route.ts';
import type { Table, TableName } from '../../../src/core/table.ts';

/** `password` is dropped, `email` becomes `mail`. */
export function dropColumnRoute(table: Table, target: TableName): TableRoute {
  const columns = table.columns.flatMap(({ name }, index) => {
    if (name === 'password') return [];
    return [{ index, name: name === 'email' ? 'mail' : name }];
  });
  return { target, columns, isIdentity: false };
}
