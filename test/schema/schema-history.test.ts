import { describe, expect, it } from 'vitest';
import type { TableMap } from '../../src/core/table-map.ts';
import type { CapturedSchema } from '../../src/schema/capture.ts';
import { SchemaHistory, type ScannedDdl } from '../../src/schema/schema-history.ts';
import { parseDefinition } from '../../src/schema/serialize-definition.ts';
import { statementContext } from './statement-context.ts';

const MYSQL = { flavor: 'mysql', versionNumber: 80_036, lowerCaseTableNames: 0 } as const;

let offset = 100;

function ddl(statement: string, database = 'db'): ScannedDdl {
  offset += 100;
  const coordinates = { file: 'binlog.000001', offset };
  return { coordinates, statement, database, context: statementContext({ collationServer: 255 }) };
}

/** Definitions that a server has after these statements. */
function captured(...statements: string[]): CapturedSchema {
  const history = new SchemaHistory(MYSQL);
  history.learn(NOTHING, []);
  for (const statement of ['create database db charset latin1', ...statements]) {
    history.applyDdl(ddl(statement));
  }
  return {
    databases: [{ name: 'db', collation: 'latin1_swedish_ci' }],
    tables: definitionsOf(history),
    hasExplicitTimestamps: true,
  };
}

const NOTHING: CapturedSchema = { databases: [], tables: [], hasExplicitTimestamps: true };

function definitionsOf(history: SchemaHistory) {
  return [...history.state()]
    .filter(([key, json]) => key.startsWith('db\0') && json.includes('"c":['))
    .map(([, json]) => parseDefinition(json));
}

/** Columns by table, as the history knows them now; `?` for a table that it knows not to know. */
function known(history: SchemaHistory): Record<string, string> {
  const tables: Record<string, string> = {};
  for (const [key, json] of history.state()) {
    const [database, table = ''] = key.split('\0');
    if (database !== 'db' || table === '') continue;
    tables[table] = json.includes('"c":[')
      ? parseDefinition(json)
          .columns.map((column) => column.name)
          .join()
      : '?';
  }
  return tables;
}

const INT = 3;
const LONGLONG = 8;

function tableMap(table: string, types: readonly number[], more: Partial<TableMap> = {}): TableMap {
  return {
    tableId: 7,
    database: 'db',
    table,
    columnCount: types.length,
    columnTypes: Uint8Array.from(types),
    columnMeta: new Uint16Array(types.length),
    nullable: types.map(() => true),
    metadata: {
      isUnsigned: undefined,
      collationIds: undefined,
      columnNames: undefined,
      labels: undefined,
      geometryTypes: undefined,
      primaryKey: undefined,
      hasPrefixKeyPart: false,
      isVisible: undefined,
      vectorDimensions: undefined,
    },
    body: Buffer.from([7, ...types]),
    ...more,
  };
}

const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

describe('SchemaHistory.learn', () => {
  it('takes definitions back over what did not touch them', () => {
    const history = new SchemaHistory(MYSQL);
    const span = [
      ddl('alter table changed add z int'),
      ddl('create table made (x int)'),
      ddl('rename table was to is_now'),
      ddl('drop table dropped'),
      ddl('truncate same'),
    ];
    const delta = history.learn(
      captured(
        'create table same (a int)',
        'create table changed (a int, z int)',
        'create table made (x int)',
        'create table is_now (r int)',
      ),
      span,
    );
    expect(known(history)).toEqual({ same: 'a', was: 'r', changed: '?', dropped: '?' });
    expect(new Map([...delta].filter(([, json]) => json !== null))).toEqual(history.state());
    for (const each of span) history.applyDdl(each);
    expect(known(history)).toEqual({ same: 'a', changed: 'a,z', made: 'x', is_now: 'r' });
  });

  it('moves a table that was made in the span, and trusts the server behind its last DDL', () => {
    const history = new SchemaHistory(MYSQL);
    const span = [
      ddl('create table t (a int)'),
      ddl('alter table t add b int'),
      ddl('alter table t frobnicate'),
    ];
    history.learn(captured('create table t (a int, b int, c int)'), span);
    expect(known(history)).toEqual({});
    const outcomes = span.map((each) => {
      const { recapture } = history.applyDdl(each);
      return [known(history)['t'], recapture];
    });
    expect(outcomes).toEqual([
      ['a', []],
      ['a,b', []],
      ['a,b,c', []],
    ]);
  });

  it('keeps what it knew where the span only says that something changed', () => {
    const history = new SchemaHistory(MYSQL);
    history.learn(captured('create table t (a int)'), []);
    const span = [ddl('alter table t add b int')];
    history.learn(captured('create table t (a int, b int)'), span);
    expect(known(history)).toEqual({ t: 'a' });
  });

  it('leaves out of the span what it has applied already', () => {
    const history = new SchemaHistory(MYSQL);
    history.learn(captured('create table t (a int)'), []);
    const first = ddl('alter table t frobnicate');
    expect(history.applyDdl(first).recapture).toEqual([{ database: 'db', table: 't' }]);
    history.learn(captured('create table t (a int, b int)'), [first]);
    expect(known(history)).toEqual({ t: 'a,b' });
  });

  it('does not learn what changed while it was being read', () => {
    const history = new SchemaHistory(MYSQL);
    const torn = ddl('alter table t add b int');
    history.learn(captured('create table t (a int)', 'create table u (a int)'), [torn], [torn]);
    expect(known(history)).toEqual({ t: '?', u: 'a' });
  });

  it('keeps what is ahead over a restart', () => {
    const history = new SchemaHistory(MYSQL);
    const span = [ddl('alter table t add b int')];
    history.learn(captured('create table t (a int, b int)'), span);
    const restored = new SchemaHistory(MYSQL);
    restored.restore(history.state());
    expect(known(restored)).toEqual({ t: '?' });
    for (const each of span) restored.applyDdl(each);
    expect(known(restored)).toEqual({ t: 'a,b' });
    expect([...restored.state().keys()].some((key) => key.includes('future'))).toBe(false);
  });
});

describe('SchemaHistory.applyDdl', () => {
  function start(...statements: string[]): SchemaHistory {
    const history = new SchemaHistory(MYSQL);
    history.learn(captured(...statements), []);
    return history;
  }

  it('swaps, remakes, drops whole databases', () => {
    const history = start('create table a (x int)', 'create table b (y int)');
    history.applyDdl(ddl('rename table a to tmp, b to a, tmp to b'));
    expect(known(history)).toEqual({ a: 'y', b: 'x' });
    history.applyDdl(ddl('drop table a, b'));
    history.applyDdl(ddl('create table a (z int)'));
    expect(known(history)).toEqual({ a: 'z' });
    const { delta } = history.applyDdl(ddl('drop database db'));
    expect(known(history)).toEqual({});
    expect(delta?.get('db\0a')).toBe(null);
  });

  it('knows that IF NOT EXISTS may have done nothing', () => {
    const history = start('create table a (x int)');
    history.applyDdl(ddl('create table if not exists a (other int)'));
    history.applyDdl(ddl('create table if not exists b (y int)'));
    expect(known(history)).toEqual({ a: 'x', b: 'y' });
  });

  it('gives definitions before and after', () => {
    const history = start('create table a (x int)');
    const { before, after } = history.applyDdl(ddl('alter table a add y int'));
    expect(before.map((table) => table.columns.length)).toEqual([1]);
    expect(after.map((table) => table.columns.length)).toEqual([2]);
  });

  it('asks for tables that it cannot follow, and only those', () => {
    const history = start('create table a (x int)', 'create table b (y int)');
    const applied = history.applyDdl(ddl('alter table a frobnicate'));
    expect(applied.isFullyParsed).toBe(false);
    expect(applied.recapture).toEqual([{ database: 'db', table: 'a' }]);
    expect(known(history)).toEqual({ a: '?', b: 'y' });
    expect(history.applyDdl(ddl('create table c like nowhere')).recapture).toEqual([
      { database: 'db', table: 'c' },
    ]);
    // A contradiction is no basis either.
    expect(history.applyDdl(ddl('alter table b drop column nope')).recapture).toEqual([
      { database: 'db', table: 'b' },
    ]);
    expect(history.applyDdl(ddl('create user frob (((')).recapture).toEqual([]);
    expect(history.applyDdl(ddl('alter table excluded add x int')).recapture).toEqual([]);
  });

  it('folds names as the server does', () => {
    const history = new SchemaHistory({ ...MYSQL, lowerCaseTableNames: 1 });
    history.learn(NOTHING, []);
    history.applyDdl(ddl('create database DB charset latin1'));
    history.applyDdl(ddl('create table Mixed (a int)', 'DB'));
    history.applyDdl(ddl('alter table mIXED add b int'));
    expect(known(history)).toEqual({ mixed: 'a,b' });
  });
});

describe('SchemaHistory.tableFor', () => {
  function start(): SchemaHistory {
    const history = new SchemaHistory(MYSQL);
    history.learn(captured('create table t (a int, b int unsigned)'), []);
    return history;
  }

  it('gives the same object while nothing changes for a reader', () => {
    const history = start();
    const table = history.tableFor(tableMap('t', [INT, INT]));
    expect(history.tableFor(tableMap('t', [INT, INT]))).toBe(table);
    history.applyDdl(ddl('create index i on t (b)'));
    history.applyDdl(ddl('alter table t engine=myisam'));
    history.applyDdl(ddl('create table other (a int)'));
    expect(history.tableFor(tableMap('t', [INT, INT], { tableId: 8 }))).toBe(table);
    history.applyDdl(ddl('alter table t change b c int unsigned'));
    expect(history.tableFor(tableMap('t', [INT, INT]))).not.toBe(table);
  });

  it('does not mistake equal table ids of two server lives', () => {
    const history = start();
    history.applyDdl(ddl('create table u (x int, y int)'));
    const t = history.tableFor(tableMap('t', [INT, INT]));
    const u = history.tableFor(tableMap('u', [INT, INT], { body: Buffer.from([8, INT, INT]) }));
    expect([t.name, u.name]).toEqual(['t', 'u']);
  });

  it('says what differs', () => {
    const history = start();
    const refused = (map: TableMap): string => {
      try {
        history.tableFor(map);
      } catch (error) {
        return String(error);
      }
      return 'accepted';
    };
    expect(refused(tableMap('t', [INT]))).toContain(
      'db.t has 2 columns in the definition known here, the event says 1 columns',
    );
    expect(refused(tableMap('t', [INT, LONGLONG]))).toContain('db.t.b has int unsigned');
    expect(refused(tableMap('t', [INT, INT], { nullable: [true, false] }))).toContain('NOT NULL');
    const { metadata } = tableMap('t', [INT, INT]);
    expect(
      refused(tableMap('t', [INT, INT], { metadata: { ...metadata, isUnsigned: [true, true] } })),
    ).toContain('db.t.a has int in the definition known here, the event says unsigned');
    expect(() => history.tableFor(tableMap('t', [INT]))).toThrow(code('SOURCE_SCHEMA_MISMATCH'));
    expect(() => history.tableFor(tableMap('nowhere', [INT]))).toThrow(
      code('SOURCE_SCHEMA_UNKNOWN'),
    );
  });

  it('takes names from the event where it has them', () => {
    const history = start();
    const { metadata } = tableMap('t', [INT, INT]);
    const full = { ...metadata, isUnsigned: [false, true] };
    const renamed = { ...full, columnNames: ['x', 'y'], primaryKey: [1] };
    const table = history.tableFor(
      tableMap('t', [INT, INT], {
        metadata: renamed,
        nullable: [true, false],
        body: Buffer.from('x'),
      }),
    );
    expect(table.columns.map(({ name, columnType }) => `${name} ${columnType}`)).toEqual([
      'x int',
      'y int unsigned',
    ]);
    expect(table.primaryKey).toEqual([1]);
    // Where both agree the history has more to say.
    const agreed = { ...full, columnNames: ['a', 'b'] };
    const fromHistory = history.tableFor(tableMap('t', [INT, INT], { body: Buffer.from('y') }));
    expect(
      history.tableFor(
        tableMap('t', [INT, INT], { metadata: agreed, body: Buffer.from('other body') }),
      ),
    ).toBe(fromHistory);
  });
});
