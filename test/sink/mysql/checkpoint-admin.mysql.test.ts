import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { schemaKey } from '../../../src/core/schema-state.ts';
import {
  readCheckpoint,
  recordSkip,
  writeCheckpoint,
} from '../../../src/sink/mysql/checkpoint-admin.ts';
import { testServer } from '../../support/servers.ts';
import { openSql, type Sql } from '../../support/sql.ts';
import {
  forgetTask,
  positionAfter,
  SinkHarness,
  sinkOptions,
  transaction,
} from './sink-harness.ts';
import { TARGETS } from './targets.ts';

const TASK = 'e2-admin';
const signal = new AbortController().signal;

describe.each(TARGETS)('checkpoints by hand on %s', (name) => {
  const server = testServer(name);
  const options = sinkOptions(server, TASK);
  let sql: Sql;

  beforeAll(async () => {
    sql = await openSql(server);
    const harness = new SinkHarness(options);
    await harness.open();
    await harness.close();
  });

  beforeEach(() => forgetTask(sql, TASK));

  afterAll(() => sql.close());

  it('finds nothing without a state database, and makes none', async () => {
    const elsewhere = { ...options, stateDatabase: 'e2_nowhere' };
    expect(await readCheckpoint(elsewhere, signal)).toBeUndefined();
    const made = await sql.rows("SHOW DATABASES LIKE 'e2_nowhere'");
    expect(made).toEqual([]);
  });

  it('sets position and definitions, which the next run begins with', async () => {
    const schema = new Map([[schemaKey('d', 't'), '{}']]);
    const checkpoint = { seq: 41, position: positionAfter(41) };
    await writeCheckpoint(
      options,
      { checkpoint, schema, action: 'position set', reason: "moved by 'hand'" },
      signal,
    );
    const stored = await readCheckpoint(options, signal);
    expect(stored?.checkpoint.seq).toBe(41);
    expect(stored?.schema).toEqual(schema);
    const [audit] = await sql.rows(
      `SELECT action, reason, place FROM e2_state.tailrace_audit WHERE task='${TASK}'`,
    );
    expect(audit).toMatchObject({ action: 'position set', reason: "moved by 'hand'" });

    const harness = new SinkHarness(options);
    expect((await harness.open())?.checkpoint.seq).toBe(41);
    await harness.apply(transaction(42, []));
    await harness.close();
    expect((await readCheckpoint(options, signal))?.checkpoint.seq).toBe(42);
  });

  it('sets a position back too', async () => {
    const set = (seq: number) =>
      writeCheckpoint(
        options,
        {
          checkpoint: { seq, position: positionAfter(seq) },
          action: 'position rewind',
          reason: '',
        },
        signal,
      );
    await set(9);
    await set(4);
    expect((await readCheckpoint(options, signal))?.checkpoint.seq).toBe(4);
  });

  it('records what was skipped, with the checkpoint behind it', async () => {
    await recordSkip(
      options,
      {
        checkpoint: { seq: 8, position: positionAfter(8) },
        place: 'uuid:8',
        reason: 'known',
        letter: {
          kind: 'skip',
          reason: 'known',
          code: 'TARGET_CONFLICT',
          seq: 8,
          gtid: 'uuid:8',
          coordinates: 'binlog.000001:4',
          table: undefined,
          payload: undefined,
        },
      },
      signal,
    );
    expect((await readCheckpoint(options, signal))?.checkpoint.seq).toBe(8);
    const [letter] = await sql.rows(
      `SELECT kind, seq, gtid FROM e2_state.tailrace_dead_letter WHERE task='${TASK}'`,
    );
    expect(letter).toMatchObject({ kind: 'skip', gtid: 'uuid:8' });
    const audits = await sql.value(
      `SELECT COUNT(*) FROM e2_state.tailrace_audit WHERE task='${TASK}' AND action='position skip'`,
    );
    expect(audits).toBe('1');
  });
});
