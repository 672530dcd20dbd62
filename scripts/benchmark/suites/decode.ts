import type { Context } from '../context.ts';
import { READERS } from '../contenders/readers/all-readers.ts';
import type { Reader } from '../contenders/readers/reader.ts';
import { takesPart, type ServerKind } from '../options.ts';
import { ROWS_PER_SECOND, type CellResult } from '../report/results.ts';
import { DURABILITY, Server, withSql, type Sql } from '../server.ts';
import { Random } from '../support/random.ts';
import { interleave } from '../support/statistics.ts';
import { DECODE_WORKLOADS } from '../workloads/decode-workloads.ts';
import { Recorder } from '../workloads/recorder.ts';
import { DATABASE, makeDatabase, type Workload } from '../workloads/workload.ts';
import { Lane, type Recording } from './decode-lane.ts';
import type { Suite } from './suite.ts';

interface DecodeCell {
  readonly name: string;
  readonly kind: ServerKind;
  readonly workload: Workload;
}

const CELLS: readonly DecodeCell[] = DECODE_WORKLOADS.map((workload) => {
  const kind = workload.name === 'compressed' ? 'mysql9' : 'mysql57';
  return { name: `decode/${kind}/${workload.name}`, kind, workload };
});

/** Readers that are slow read this share. */
const SHORT_SHARE = 0.05;

/** Source → counting sink, over the network. */
export const decodeSuite: Suite = {
  name: 'decode',
  cells: CELLS.map(({ name, workload }) => ({ name, what: workload.what })),
  run: async (context, chosen, done) => {
    const cells = CELLS.filter(({ name }) => chosen.has(name));
    for (const kind of new Set(cells.map((cell) => cell.kind))) {
      const source = await Server.start(context, {
        kind,
        name: `decode-${kind}`,
        serverId: 1,
        args: [...DURABILITY.relaxed, ...(kind === 'mysql9' ? ['--performance-schema=OFF'] : [])],
      });
      for (const cell of cells.filter((one) => one.kind === kind)) {
        done(await measureCell(context, source, cell));
      }
      await source.destroy();
    }
  },
};

async function measureCell(
  context: Context,
  source: Server,
  cell: DecodeCell,
): Promise<CellResult> {
  const recording = await record(context, source, cell);
  const { whole } = recording;
  context.say(`${cell.name}: ${whole.rows} rows in ${whole.transactions} transactions recorded`);
  const lanes: Lane[] = [];
  for (const [index, reader] of chosenReaders(context).entries()) {
    const serverId = 100 + index;
    const { name } = cell.workload;
    lanes.push(await Lane.open({ context, source, workload: name, recording, reader, serverId }));
  }
  try {
    // The first reading warms up whoever compiles while running; it is not counted.
    for (const lane of lanes) await lane.warmUp();
    for (const { round, contender } of interleave(lanes, context.options.rounds)) {
      await contender.measure(round);
    }
  } finally {
    for (const lane of lanes) await lane.close();
  }
  return {
    name: cell.name,
    suite: 'decode',
    what: cell.workload.what,
    ...(cell.workload.note === undefined ? {} : { note: cell.workload.note }),
    compares: ROWS_PER_SECOND,
    settings: {
      source: `${source.kind} ${source.version}`,
      'source options': source.settings.join(' '),
      rows: String(whole.rows),
      transactions: String(whole.transactions),
      'bytes of binlog': String(recording.bytes),
    },
    contenders: lanes.map((lane) => lane.result),
  };
}

function chosenReaders({ options }: Context): Reader[] {
  return READERS.filter(({ name }) => name === 'tailrace' || takesPart(name, options));
}

async function record(
  context: Context,
  source: Server,
  { workload }: DecodeCell,
): Promise<Recording> {
  const { scale } = context.options;
  return withSql(source, async (sql) => {
    const random = new Random(4711);
    await makeDatabase(sql, workload, scale, random);
    await source.dialect.reset(sql);
    const start = await source.dialect.place(sql);
    const recorder = new Recorder(sql, DATABASE, { rows: workload.rows(scale) * SHORT_SHARE });
    await workload.record(recorder, scale, random);
    const tallies = await recorder.finish();
    const end = await source.dialect.place(sql);
    const bytes = end.file === start.file ? end.position - start.position : await binlogBytes(sql);
    return { file: start.file, position: start.position, bytes, ...tallies };
  });
}

async function binlogBytes(sql: Sql): Promise<number> {
  const [all] = await sql.query('SHOW BINARY LOGS');
  return (all as { File_size: number }[]).reduce((sum, file) => sum + file.File_size, 0);
}
