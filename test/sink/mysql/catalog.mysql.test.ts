import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TargetCatalog } from '../../../src/sink/mysql/catalog.ts';
import { dropColumnRoute } from './routes.ts';
import { fakeChange, fakeColumn, fakeTable, identityRoute } from '../../support/fake-images.ts';
import { applyGroup, openPlanningTarget, rowsOf, TARGETS, type PlanningTarget } from './targets.ts';

const DATABASE = 'sink_catalog';

describe.each(TARGETS)('the catalog and bindings on %s', (name) => {
  let target: PlanningTarget;
  const isOld = name === 'dst56';

  beforeAll(async () => {
    target = await openPlanningTarget(name);
    await target.session.run(
      `DROP DATABASE IF EXISTS ${DATABASE}_two; DROP DATABASE IF EXISTS ${DATABASE};
       CREATE DATABASE ${DATABASE}; CREATE DATABASE ${DATABASE}_two; USE ${DATABASE}`,
    );
  });
  afterAll(async () => {
    await target.session.run(`DROP DATABASE ${DATABASE}_two; DROP DATABASE ${DATABASE}`);
    await target.close();
  });

  async function make(ddl: string): Promise<void> {
    await target.session.run(ddl);
    target.binder.forget();
  }

  const columns = [fakeColumn('id', 'int'), fakeColumn('v', 'int')];
  const baseOf = (table: string) => {
    const source = fakeTable(DATABASE, table, columns, [0]);
    return { table: source, route: identityRoute(source) };
  };
  const insertInto = (table: string) => fakeChange({ ...baseOf(table), after: [[1, 2]] });

  async function bind(table: string) {
    const change = insertInto(table);
    await target.binder.prepare([change]);
    return target.binder.of(change);
  }

  it('knows columns, keys and engine', async () => {
    await make(
      `CREATE TABLE facts (
         id INT NOT NULL AUTO_INCREMENT, v INT NULL, d INT NOT NULL DEFAULT 0, must VARCHAR(9) CHARSET utf8 NOT NULL,
         e ENUM('a','it''s'), b BLOB,
         KEY (must), UNIQUE u_null (v), UNIQUE u_prefix (must(3)), UNIQUE u_id (d), PRIMARY KEY (id)
       ) ENGINE=InnoDB`,
    );
    const at = { database: DATABASE, table: 'facts' };
    await target.catalog.load([at]);
    const facts = target.catalog.get(at);
    expect(facts).toMatchObject({ isTransactional: true, triggers: [], hasForeignKeys: false });
    expect(facts?.uniqueKeys.map((key) => [key.name, key.isRowIdentity])).toEqual([
      ['PRIMARY', true],
      ['u_id', true],
      [expect.stringMatching(/^u_(null|prefix)$/), false],
      [expect.stringMatching(/^u_(null|prefix)$/), false],
    ]);
    expect(facts?.columns.filter((column) => !column.canBeOmitted).map((one) => one.name)).toEqual([
      'must',
    ]);
    expect(facts?.columnByName.get('must')).toMatchObject({
      charset: 'utf8mb3',
      dataType: 'varchar',
    });
    expect(facts?.columnByName.get('e')?.labels).toEqual(['a', "it's"]);
    expect(facts?.columnByName.get('b')?.charset).toBeUndefined();
    expect([...(facts?.indexedColumns ?? [])].sort()).toEqual(['d', 'id', 'must', 'v']);
  });

  it('reads a whole database in a few round trips', async () => {
    const tables = Array.from({ length: 12 }, (_, i) => `many_${i}`);
    for (const table of tables) await make(`CREATE TABLE ${table} (id INT PRIMARY KEY, v INT)`);
    const connection = { info: target.session.info, count: 0 };
    const counting = {
      info: connection.info,
      query: async (sql: string) => {
        connection.count++;
        return target.session.connection.query(sql);
      },
    };
    const catalog = new TargetCatalog(() => counting);
    await catalog.load(tables.map((table) => ({ database: DATABASE, table })));
    expect(connection.count).toBeLessThanOrEqual(6);
    expect(tables.every((table) => catalog.get({ database: DATABASE, table }))).toBe(true);
    const gradual = new TargetCatalog(() => counting);
    for (const table of tables.slice(0, 4)) await gradual.load([{ database: DATABASE, table }]);
    const before = connection.count;
    await gradual.load(tables.map((table) => ({ database: DATABASE, table })));
    expect(connection.count).toBe(before);
    connection.count = 6;
    catalog.forget({ database: DATABASE, table: 'many_3' });
    await catalog.load([{ database: DATABASE, table: 'many_3' }]);
    expect(connection.count).toBeLessThanOrEqual(11);
  });

  it('refuses by name what it must not write to', async () => {
    await make('CREATE TABLE small (id INT PRIMARY KEY)');
    await make('CREATE TABLE wide (id INT PRIMARY KEY, v INT, must INT NOT NULL)');
    await make('CREATE TABLE aria (id INT PRIMARY KEY, v INT) ENGINE=MyISAM');
    await make('CREATE TABLE fires (id INT PRIMARY KEY, v INT)');
    await make('CREATE TRIGGER fires_on BEFORE INSERT ON fires FOR EACH ROW SET NEW.v = 1');
    await make('CREATE VIEW looks AS SELECT * FROM fires');
    await expect(bind('nowhere')).rejects.toMatchObject({ code: 'TARGET_TABLE_MISSING' });
    await expect(bind('looks')).rejects.toMatchObject({ code: 'TARGET_TABLE_MISSING' });
    await expect(bind('small')).rejects.toMatchObject({
      code: 'TARGET_COLUMNS_DIFFER',
      place: { column: 'v', table: `${DATABASE}.small` },
    });
    await expect(bind('wide')).rejects.toMatchObject({
      code: 'TARGET_COLUMNS_DIFFER',
      place: { column: 'must' },
    });
    await expect(bind('aria')).rejects.toMatchObject({ code: 'TARGET_NOT_TRANSACTIONAL' });
    await expect(bind('fires')).rejects.toMatchObject({ code: 'TARGET_TRIGGER' });
  });

  it('sees a table that a DDL changed', async () => {
    await make('CREATE TABLE moves (id INT, v INT)');
    expect((await bind('moves')).identity).toBeUndefined();
    await target.session.run('ALTER TABLE moves ADD PRIMARY KEY (id)');
    expect((await bind('moves')).identity).toBeUndefined();
    target.binder.forget([{ database: DATABASE, table: 'moves' }]);
    expect((await bind('moves')).identity).toEqual([0]);
  });

  it('leaves generated and extra columns alone, and drops and renames by the route', async () => {
    const generated = isOld ? '' : ', g INT AS (mail + 1)';
    await make(
      `CREATE TABLE people (id INT PRIMARY KEY, mail INT, extra INT NOT NULL DEFAULT 9${generated})`,
    );
    const source = fakeTable(
      DATABASE,
      'users',
      [
        fakeColumn('id', 'int'),
        fakeColumn('email', 'int'),
        fakeColumn('password', 'varchar'),
        fakeColumn('hash', 'bigint', { isHidden: true }),
      ],
      [0],
    );
    const route = dropColumnRoute(source, { database: DATABASE, table: 'people' });
    const base = { table: source, route };
    const insert = fakeChange({
      ...base,
      after: [
        [1, 5, 'x', 0],
        [2, 6, 'y', 0],
      ],
    });
    expect(await applyGroup(target, [insert])).toEqual([]);
    const update = fakeChange({
      ...base,
      before: [
        [1, 5, 'x', 0],
        [2, 6, 'y', 0],
      ],
      after: [
        [1, 7, 'x', 0],
        [3, 8, 'y', 0],
      ],
    });
    await target.session.run('UPDATE people SET extra = 1');
    expect(target.binder.of(update)).toMatchObject({ hasExtraColumns: true });
    expect(await applyGroup(target, [update])).toEqual([]);
    // A moved key keeps what the target has of its own.
    expect(await rowsOf(target, 'SELECT id, mail, extra FROM people ORDER BY id')).toEqual([
      ['1', '7', '1'],
      ['3', '8', '1'],
    ]);
  });

  it('goes in order where foreign keys have actions that the binlog does not hold', async () => {
    await make('CREATE TABLE parent (id INT PRIMARY KEY, v INT) ENGINE=InnoDB');
    await make(
      `CREATE TABLE ${DATABASE}_two.child (id INT PRIMARY KEY, v INT,
         FOREIGN KEY (v) REFERENCES ${DATABASE}.parent (id) ON DELETE CASCADE) ENGINE=InnoDB`,
    );
    const childTable = fakeTable(`${DATABASE}_two`, 'child', columns, [0]);
    const child = { table: childTable, route: identityRoute(childTable) };
    const parent = baseOf('parent');
    const changes = [
      fakeChange({
        ...parent,
        after: [
          [1, 0],
          [2, 0],
        ],
      }),
      fakeChange({
        ...child,
        after: [
          [10, 1],
          [20, 2],
        ],
      }),
      fakeChange({ ...parent, before: [[1, 0]] }),
    ];
    await target.binder.prepare(changes);
    expect(target.planner.planGroup(changes, target.binder).inOrder.size).toBe(2);
    expect(await applyGroup(target, changes)).toEqual([]);
    expect(await rowsOf(target, `SELECT * FROM ${DATABASE}_two.child`)).toEqual([['20', '2']]);
    const logged = [
      fakeChange({ ...child, before: [[20, 2]], flags: { cascadesLogged: true } }),
      fakeChange({ ...parent, before: [[2, 0]], flags: { cascadesLogged: true } }),
    ];
    expect(target.planner.planGroup(logged, target.binder).inOrder.size).toBe(0);
    expect(await applyGroup(target, logged)).toEqual([]);
    expect(await rowsOf(target, `SELECT * FROM ${DATABASE}.parent`)).toEqual([]);
    // A key that only the child's DDL makes is seen on the parent's side.
    await target.session.run(`DROP TABLE ${DATABASE}_two.child`);
    target.binder.forget([{ database: `${DATABASE}_two`, table: 'child' }]);
    expect(await bind('parent')).toMatchObject({ hasForeignKeys: false });
  });

  it('merges in groups where foreign keys only forbid', async () => {
    await make('CREATE TABLE plain_parent (id INT PRIMARY KEY, v INT) ENGINE=InnoDB');
    await make(
      `CREATE TABLE plain_child (id INT PRIMARY KEY, v INT,
         FOREIGN KEY (v) REFERENCES plain_parent (id)) ENGINE=InnoDB`,
    );
    const parent = baseOf('plain_parent');
    const child = baseOf('plain_child');
    const changes = [
      fakeChange({
        ...parent,
        after: [
          [1, 0],
          [2, 0],
        ],
      }),
      fakeChange({
        ...child,
        after: [
          [1, 1],
          [2, 2],
        ],
      }),
      fakeChange({ ...child, before: [[1, 1]] }),
      fakeChange({ ...parent, before: [[1, 0]] }),
    ];
    await target.binder.prepare(changes);
    expect(target.planner.planGroup(changes, target.binder).inOrder.size).toBe(0);
    expect(await applyGroup(target, changes)).toEqual([]);
    expect(await rowsOf(target, 'SELECT * FROM plain_child')).toEqual([['2', '2']]);
  });

  it('quotes hostile names', async () => {
    await make('CREATE TABLE `it``s; --` (`id` INT PRIMARY KEY, `v` INT, UNIQUE `u``k` (v))');
    const rows = [
      [1, 2],
      [2, 3],
    ] as const;
    const base = baseOf('it`s; --');
    expect(await applyGroup(target, [fakeChange({ ...base, after: rows })])).toEqual([]);
    const again = fakeChange({ ...base, before: rows, after: rows });
    expect(await applyGroup(target, [again])).toEqual([]);
  });
});
