import { tokenize } from '../schema/sql-lexer.ts';
import { quoteName } from '../server/sql-text.ts';
import type { TablePair } from './table-pair.ts';

const DIALECT = { flavor: 'mysql', versionNumber: 0, sqlModeNames: [] } as const;

/** A condition on the source's columns, with the names that they have on the target. */
export function whereAtTarget(where: string, pair: TablePair): string {
  const renamed = new Map(
    pair.columns
      .filter(({ source, targetName }) => source.name !== targetName)
      .map(({ source, targetName }) => [source.name.toLowerCase(), targetName]),
  );
  if (renamed.size === 0) return where;
  let text = '';
  let at = 0;
  for (const token of tokenize(where, DIALECT)) {
    const name =
      token.kind === 'word' || token.kind === 'quoted'
        ? renamed.get(token.text.toLowerCase())
        : undefined;
    if (name === undefined) continue;
    text += where.slice(at, token.start) + quoteName(name);
    at = token.end;
  }
  return text + where.slice(at);
}
