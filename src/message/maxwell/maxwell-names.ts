/** Members whose names output_naming_strategy changes, beside the columns. */
export interface MemberNames {
  readonly pushTs: string;
  readonly serverId: string;
  readonly threadId: string;
  readonly primaryKey: string;
  readonly primaryKeyColumns: string;
}

export function memberNames(isCamelCase: boolean): MemberNames {
  const name = isCamelCase ? camelCase : (text: string) => text;
  return {
    pushTs: name('push_ts'),
    serverId: name('server_id'),
    threadId: name('thread_id'),
    primaryKey: name('primary_key'),
    primaryKeyColumns: name('primary_key_columns'),
  };
}

/** row/FieldNameStrategy.java: `user_name` → `userName`. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** exclude_columns: names without regard to case, or `/regex/`. */
export function columnMatcher(rules: readonly string[]): (column: string) => boolean {
  const names = new Set<string>();
  const patterns: RegExp[] = [];
  for (const rule of rules) {
    const regex = /^\/(.*)\/$/.exec(rule)?.[1];
    if (regex === undefined) names.add(rule.toLowerCase());
    else patterns.push(new RegExp(regex));
  }
  return (column) =>
    names.has(column.toLowerCase()) || patterns.some((pattern) => pattern.test(column));
}
