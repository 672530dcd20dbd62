import type { CopyTarget } from '../core/copy.ts';
import type { Router } from '../core/route.ts';
import { formatTableName } from '../core/table.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { sourceStatement } from './source-statement.ts';
import { readCreateView, readOtherObjects, type OtherObject } from './source-tables.ts';

/** What is no table, and what became of it. */
export interface OtherObjects {
  readonly views: readonly string[];
  /** By reason. */
  readonly leftOut: Readonly<Record<string, readonly string[]>>;
}

/**
 * Views are made as `run` makes them: where nothing in them is renamed. One may read another, so those
 * that are refused are tried again as long as any gets through. Triggers, routines and events are left
 * out, as in `run`: what they do comes as rows.
 */
export async function copyViews(
  source: ServerConnection,
  target: CopyTarget,
  options: { readonly databases: readonly string[]; readonly router: Router },
): Promise<OtherObjects> {
  const objects = await readOtherObjects(source, options.databases);
  const isIncluded = ({ kind, name }: OtherObject): boolean =>
    kind === 'view'
      ? options.router.isIncluded(name)
      : options.router.isDatabaseIncluded(name.database);
  const wanted = objects.filter(isIncluded);
  const leftOut = new Map<string, string[]>();
  for (const { kind, name } of wanted) {
    if (kind !== 'view') add(leftOut, kind, formatTableName(name));
  }
  let open = wanted.filter(({ kind }) => kind === 'view');
  const views: string[] = [];
  for (;;) {
    const refused: (readonly [OtherObject, string])[] = [];
    for (const view of open) {
      const reason = await copyView(source, target, view);
      if (reason === undefined) views.push(formatTableName(view.name));
      else refused.push([view, reason]);
    }
    if (refused.length === 0 || refused.length === open.length) {
      for (const [{ name }, reason] of refused) add(leftOut, reason, formatTableName(name));
      return { views, leftOut: Object.fromEntries(leftOut) };
    }
    open = refused.map(([view]) => view);
  }
}

async function copyView(
  source: ServerConnection,
  target: CopyTarget,
  { name }: OtherObject,
): Promise<string | undefined> {
  const text = await readCreateView(source, name);
  if (text === undefined) return 'view_gone';
  const statement = text.replace(/^CREATE /, 'CREATE OR REPLACE ');
  return target.createView(sourceStatement(statement, name.database, source.info));
}

function add(map: Map<string, string[]>, reason: string, name: string): void {
  const names = map.get(reason) ?? [];
  names.push(name);
  map.set(reason, names);
}
