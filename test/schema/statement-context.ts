import { BARE_CONTEXT, type StatementContext } from '../../src/core/change.ts';

export function statementContext(known: Partial<StatementContext> = {}): StatementContext {
  return { ...BARE_CONTEXT, ...known };
}
