import { describe, expect, it } from 'vitest';
import { schemaKey } from '../../../src/core/schema-state.ts';
import { CheckpointRow } from '../../../src/sink/mysql/checkpoint-row.ts';
import { OneTrip } from '../../../src/sink/mysql/one-trip.ts';
import type { OwnedTarget } from '../../../src/sink/mysql/owned-target.ts';
import type { Expectation, Packet, PlannedStatement } from '../../../src/sink/mysql/plan.ts';
import { StateTables } from '../../../src/sink/mysql/state-database.ts';
import { allFound, anyNumber, exactly } from '../../../src/sink/mysql/statement-writer.ts';
import { StatementRunner } from '../../../src/sink/mysql/statement-runner.ts';
import { TUNING } from '../../../src/sink/mysql/tuning.ts';
import { positionAfter } from './sink-harness.ts';

const step = { seq: 8, position: positionAfter(8), schemaDelta: undefined };
const binding = { target: {} } as PlannedStatement['binding'];

function statement(sql: string, expected: Expectation, foreignKeyChecks = true): PlannedStatement {
  const verb = 'insert';
  return { sql: Buffer.from(sql), verb, binding, expected, foreignKeyChecks, rows: [] };
}

const packetOf = (...statements: PlannedStatement[]): Packet => ({
  kind: 'statements',
  sql: Buffer.concat(statements.map(({ sql }) => sql)),
  statements,
});

function textOf(
  flavor: 'mysql' | 'mariadb',
  packets: readonly Packet[],
  {
    at = step,
    hasFixedTime = false,
  }: { at?: Parameters<OneTrip['textOf']>[1]; hasFixedTime?: boolean } = {},
): string | undefined {
  const record = { seq: 7, epoch: 3, owner: 'me', position: undefined };
  const row = new CheckpointRow('shop', new StateTables('state'), record);
  const info = { flavor, versionNumber: flavor === 'mysql' ? 80_400 : 110_800 };
  const target = { session: { info, hasFixedTime }, row } as unknown as OwnedTarget;
  const pieces = new OneTrip(target, new StatementRunner()).textOf(packets, at, []);
  return pieces && Buffer.concat(pieces).toString();
}

describe('OneTrip', () => {
  it('lets MariaDB compare what every statement found, in one compound statement', () => {
    const packet = packetOf(statement('INSERT a', exactly(2)), statement('DELETE b', anyNumber(1)));
    const text = textOf('mariadb', [packet]);
    expect(text).toMatch(
      /^BEGIN NOT ATOMIC START TRANSACTION;UPDATE \S+ SET seq=8,.* AND seq=7 AND epoch=3;IF NOT\(ROW_COUNT\(\)=1\) THEN SIGNAL/,
    );
    expect(text).toContain(
      "INSERT a;IF NOT(ROW_COUNT()=2 AND @@warning_count<=0) THEN SIGNAL SQLSTATE '45000';END IF;DELETE b;",
    );
    expect(text).toMatch(/BETWEEN 0 AND \d+ AND @@warning_count<=1\) .*END IF;COMMIT;END$/);
  });

  it('lets MySQL fail in between, by an expression', () => {
    const text = textOf('mysql', [packetOf(statement('INSERT a', exactly(1)))]);
    expect(text).toMatch(
      /^BEGIN;UPDATE \S+ SET seq=LAST_INSERT_ID\(IF\(seq=7 AND epoch=3,8,EXP\(710\)\)\),position=.* WHERE task='shop' AND lane=0;INSERT a;/,
    );
    expect(
      text?.endsWith(
        ';SET @tailrace=IF(ROW_COUNT()=1 AND @@warning_count<=0 AND LAST_INSERT_ID()=8,1,EXP(710));COMMIT',
      ),
    ).toBe(true);
  });

  it('sets the clock that row images stopped going again', () => {
    const packets = [packetOf(statement('INSERT a', exactly(1)))];
    expect(textOf('mysql', packets, { hasFixedTime: true })).toMatch(
      /^SET timestamp=DEFAULT;BEGIN;/,
    );
    expect(textOf('mariadb', packets, { hasFixedTime: true })).toMatch(
      /^SET timestamp=DEFAULT;BEGIN NOT ATOMIC START/,
    );
  });

  const one = statement('INSERT a', exactly(1));
  it.each<[string, readonly Packet[], object]>([
    ['nothing', [], {}],
    ['several packets', [packetOf(one), packetOf(one)], {}],
    [
      'upserts, whose info text tells what was found',
      [packetOf(statement('x', allFound(2, 0)))],
      {},
    ],
    ['other foreign key checks', [packetOf(statement('x', exactly(1), false))], {}],
    [
      'many statements',
      [packetOf(...Array.from({ length: TUNING.oneTripStatements + 1 }, () => one))],
      {},
    ],
    ['long ones', [packetOf(statement('x'.repeat(TUNING.oneTripBytes + 1), exactly(1)))], {}],
    ['images', [{ kind: 'images', sql: Buffer.alloc(0), bindings: [] }], {}],
    [
      'definitions',
      [packetOf(one)],
      { at: { ...step, schemaDelta: new Map([[schemaKey('a', 'b'), null]]) } },
    ],
  ])('leaves the long way to %s', (_, packets, more) => {
    for (const flavor of ['mysql', 'mariadb'] as const) {
      expect(textOf(flavor, packets, more)).toBeUndefined();
    }
  });
});
