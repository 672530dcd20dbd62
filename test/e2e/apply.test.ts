import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableContent, tableNames } from '../support/table-content.ts';
import { applyPoints, type ApplyPoint } from './apply-scenario.ts';
import { Pair } from './pair.ts';

const SERVERS = [
  { title: 'MySQL 5.6', from: 'src56', to: 'dst56', isMariadb: false, version: 5.6 },
  { title: 'MySQL 5.7', from: 'src57', to: 'dst57', isMariadb: false, version: 5.7 },
  { title: 'MySQL 9.7', from: 'src97', to: 'dst97', isMariadb: false, version: 9.7 },
  { title: 'MariaDB 10.11', from: 'src10', to: 'dst10', isMariadb: true, version: 10.11 },
  { title: 'MariaDB 11.8', from: 'src11', to: 'dst11', isMariadb: true, version: 11.8 },
] as const;

/** As the scenario writes it. */
const quote = (name: string): string =>
  /^[a-z0-9_]+$/.test(name) && !/^(select|100)/.test(name)
    ? name
    : `\`${name.replaceAll('`', '``')}\``;

/** Which tables differ, point by point, so that a failure names what broke. */
async function differingTables(pair: Pair): Promise<string[]> {
  const source = await tableNames(pair.source, pair.database);
  const target = await tableNames(pair.target, pair.database);
  const found = source.filter((table) => !target.includes(table)).map((name) => `no ${name}`);
  for (const table of source.filter((name) => target.includes(name))) {
    const [a, b] = [
      await tableContent(pair.source, pair.database, table),
      await tableContent(pair.target, pair.database, table),
    ];
    if (a.join('\n') !== b.join('\n')) {
      found.push(`${table}: ${JSON.stringify(a.slice(0, 12))} / ${JSON.stringify(b.slice(0, 12))}`);
    }
  }
  return found;
}

async function execute(pair: Pair, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    await pair.source.run(statement).catch((cause: unknown) => {
      throw new Error(`the source refused: ${statement}`, { cause });
    });
  }
}

/** Both stages of every point, each read as one backlog; what differed after either of them. */
async function runScenario(pair: Pair, points: readonly ApplyPoint[]): Promise<string[]> {
  const found: string[] = [];
  const first = points.flatMap(({ create, before }) => [...create, ...before]);
  for (const statements of [first, points.flatMap(({ then }) => then)]) {
    await execute(pair, statements);
    const { code, stderr } = await pair.run();
    if (code !== 0) throw new Error(`exit ${code}: ${stderr.slice(-3000)}`);
    found.push(...(await differingTables(pair)));
  }
  return found;
}

for (const server of SERVERS) {
  for (const apply of ['auto', 'in_order'])
    describe(`${server.title}, apply = ${apply}`, { retry: 0 }, () => {
      const points = applyPoints(server);
      let pair: Pair;
      let differences: readonly string[] = [];

      beforeAll(async () => {
        pair = await Pair.open(server.from, server.to, `e2e_apply_${apply}`, {
          targetLines: `apply = "${apply}"`,
        });
        differences = await runScenario(pair, points);
      });
      afterAll(async () => {
        await pair.close();
      });

      for (const { name, create } of points)
        it(`${name}: the target ends as the source`, () => {
          const own = differences.filter((text) => {
            const table = text.replace(/^no /, '').split(': ')[0] ?? '';
            return create.some((sql) => sql.startsWith(`CREATE TABLE ${quote(table)} `));
          });
          expect(own).toEqual([]);
        });

      it('every table of the scenario was compared', () => {
        expect(differences).toEqual([]);
      });

      it('triggers, events and routines stay on the source; the view came along', async () => {
        const own = `_SCHEMA = '${pair.database}'`;
        expect(
          await pair.rows(
            `SELECT (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER${own}),
           (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT${own}),
           (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE${own}),
           (SELECT COUNT(*) FROM information_schema.VIEWS WHERE TABLE${own})`,
          ),
        ).toEqual(['0 0 0 1']);
      });
    });
}
