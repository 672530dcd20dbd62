import type { TableName } from '../core/table.ts';
import { findDmlTables } from './dml-tables.ts';
import { SqlLexer } from './sql-lexer.ts';
import type { SqlDialect, Token } from './sql-token.ts';
import { parseXid } from './xid-text.ts';

export interface ClassifyOptions extends SqlDialect {
  readonly defaultDatabase: string;
}

export type StatementClass =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'ddl' | 'ignorable' }
  | { readonly kind: 'savepoint' | 'rollback-to' | 'release'; readonly savepoint: string }
  | {
      readonly kind: 'xa-start' | 'xa-end' | 'xa-prepare' | 'xa-commit' | 'xa-rollback';
      /** `X'gtrid',X'bqual',formatID`. */
      readonly xid: string;
      readonly isOnePhase: boolean;
    }
  | {
      /** Data changed by a statement instead of rows. */
      readonly kind: 'dml';
      readonly verb: string;
      /** Every table it names, those it only reads among them. */
      readonly tables: readonly TableName[];
      /** False: it may write tables that it does not name. */
      readonly areTablesComplete: boolean;
      /** Databases of the stored functions that it calls by their full names. */
      readonly routineDatabases: readonly string[];
    };

export type StatementDml = Extract<StatementClass, { readonly kind: 'dml' }>;

const BEGIN: StatementClass = { kind: 'begin' };
const COMMIT: StatementClass = { kind: 'commit' };
const ROLLBACK: StatementClass = { kind: 'rollback' };
const DDL: StatementClass = { kind: 'ddl' };
const IGNORABLE: StatementClass = { kind: 'ignorable' };

const DML_VERBS = new Set(
  'INSERT UPDATE DELETE REPLACE LOAD CALL WITH SELECT DO HANDLER IMPORT VALUES EXECUTE'.split(' '),
);

/** Statements that change nothing which is replicated. */
const IGNORABLE_VERBS = new Set(
  `SET FLUSH RESET PURGE USE SHOW LOCK UNLOCK CHANGE STOP KILL INSTALL UNINSTALL BACKUP
   CACHE CHECKSUM DESC DESCRIBE EXPLAIN HELP SIGNAL RESIGNAL SHUTDOWN RESTART CLONE DEALLOCATE PREPARE`.split(
    /\s+/,
  ),
);

/**
 * What a statement of the binlog is. Nearly all are BEGIN and COMMIT, so those cost one comparison.
 * Whatever is not known to be something else is DDL: it is then looked at closely.
 */
export function classifyStatement(statement: string, options: ClassifyOptions): StatementClass {
  if (statement === 'BEGIN') return BEGIN;
  if (statement === 'COMMIT') return COMMIT;
  const lexer = new SqlLexer(statement, options);
  let first = lexer.next();
  while (first.keyword === '(' || first.keyword === ';') first = lexer.next();
  if (first.kind === 'end') return IGNORABLE;
  const verb = first.keyword;
  if (DML_VERBS.has(verb)) {
    if (verb === 'LOAD' && isLoadIndex(statement)) return IGNORABLE;
    const found = findDmlTables(lexer, verb, options.defaultDatabase);
    const { tables, isComplete: areTablesComplete, routineDatabases } = found;
    return { kind: 'dml', verb, tables, areTablesComplete, routineDatabases };
  }
  return classifyControl(verb, lexer);
}

const isLoadIndex = (statement: string): boolean => /^\s*load\s+index\b/i.test(statement);

function classifyControl(verb: string, lexer: SqlLexer): StatementClass {
  switch (verb) {
    case 'BEGIN':
      // BEGIN NOT ATOMIC is MariaDB's anonymous block; it is never logged as a whole.
      return BEGIN;
    case 'COMMIT':
      return COMMIT;
    case 'ROLLBACK':
      return classifyRollback(lexer);
    case 'SAVEPOINT':
      return { kind: 'savepoint', savepoint: lexer.next().text };
    case 'RELEASE':
      lexer.next();
      return { kind: 'release', savepoint: lexer.next().text };
    case 'XA':
      return classifyXa(lexer);
    case 'START':
      return lexer.next().keyword === 'TRANSACTION' ? BEGIN : IGNORABLE;
    default:
      return IGNORABLE_VERBS.has(verb) ? IGNORABLE : DDL;
  }
}

/** ROLLBACK [WORK] [TO [SAVEPOINT] name]. */
function classifyRollback(lexer: SqlLexer): StatementClass {
  let token = lexer.next();
  if (token.keyword === 'WORK' || token.keyword === 'TRANSACTION') token = lexer.next();
  if (token.keyword !== 'TO') return ROLLBACK;
  token = lexer.next();
  if (token.keyword === 'SAVEPOINT') {
    const name = lexer.next();
    return { kind: 'rollback-to', savepoint: name.kind === 'end' ? token.text : name.text };
  }
  return { kind: 'rollback-to', savepoint: token.text };
}

const XA_KINDS = {
  START: 'xa-start',
  BEGIN: 'xa-start',
  END: 'xa-end',
  PREPARE: 'xa-prepare',
  COMMIT: 'xa-commit',
  ROLLBACK: 'xa-rollback',
} as const;

function isXaVerb(verb: string): verb is keyof typeof XA_KINDS {
  return verb in XA_KINDS;
}

function classifyXa(lexer: SqlLexer): StatementClass {
  const verb = lexer.next().keyword;
  if (!isXaVerb(verb)) return IGNORABLE;
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== 'end' && tokens.length < 16; token = lexer.next()) {
    tokens.push(token);
  }
  const xid = parseXid(tokens);
  if (xid === undefined) return IGNORABLE;
  const isOnePhase = tokens.some(
    (token, index) => token.keyword === 'ONE' && tokens[index + 1]?.keyword === 'PHASE',
  );
  return { kind: XA_KINDS[verb], xid, isOnePhase };
}
