import type { DdlSubject } from '../../core/change.ts';
import type { TokenCursor } from './token-cursor.ts';

/** Words that name the kind of object in CREATE, ALTER and DROP. */
const SUBJECTS: Readonly<Record<string, DdlSubject>> = {
  TABLE: 'table',
  DATABASE: 'database',
  INDEX: 'index',
  VIEW: 'view',
  TRIGGER: 'trigger',
  PROCEDURE: 'routine',
  FUNCTION: 'routine',
  PACKAGE: 'routine',
  LIBRARY: 'routine',
  EVENT: 'event',
  USER: 'user',
  ROLE: 'user',
  SEQUENCE: 'sequence',
  SERVER: 'server',
  TABLESPACE: 'maintenance',
  LOGFILE: 'maintenance',
  RESOURCE: 'maintenance',
  INSTANCE: 'maintenance',
  REFERENCE: 'other',
};

const SYNONYMS: Readonly<Record<string, string>> = { TABLES: 'TABLE', SCHEMA: 'DATABASE' };

export interface StatementHead {
  readonly object: string | undefined;
  readonly isTemporary: boolean;
  readonly isUnique: boolean;
  readonly isOrReplace: boolean;
}

export function subjectOf(object: string): DdlSubject {
  return SUBJECTS[object] ?? 'other';
}

/** Words between the verb and the object: at most a DEFINER, ALGORITHM and the like. */
const LONGEST_HEAD = 40;

/**
 * Passes over what stands between CREATE, ALTER or DROP and the object's word: OR REPLACE, TEMPORARY,
 * UNIQUE, DEFINER = …, ALGORITHM = …, SQL SECURITY …, ONLINE, IGNORE, AGGREGATE and so on.
 */
export function skipToObject(cursor: TokenCursor): StatementHead {
  let isTemporary = false;
  let isUnique = false;
  let isOrReplace = false;
  for (let count = 0; count < LONGEST_HEAD && !cursor.isAtEnd; count++) {
    const { keyword } = cursor.next();
    if (keyword === 'TEMPORARY') isTemporary = true;
    else if (keyword === 'UNIQUE') isUnique = true;
    else if (keyword === 'REPLACE') isOrReplace = true;
    else if (keyword === 'DEFINER' && cursor.accept('=')) skipAccount(cursor);
    const object = SYNONYMS[keyword] ?? keyword;
    if (Object.hasOwn(SUBJECTS, object)) return { object, isTemporary, isUnique, isOrReplace };
  }
  return { object: undefined, isTemporary, isUnique, isOrReplace };
}

/** `user@host`, each part a name or a string; a user may be called TABLE. */
function skipAccount(cursor: TokenCursor): void {
  cursor.next();
  if (cursor.accept('@')) cursor.next();
  if (cursor.at('(')) cursor.skipParentheses();
}
