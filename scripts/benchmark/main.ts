import { constants } from 'node:os';
import { openContext, type Context } from './context.ts';
import { isChosen, parseOptions, USAGE, type Options } from './options.ts';
import { writeReadme } from './report/readme.ts';
import { commandOf, mergeCells, readResults } from './report/merge.ts';
import { writeReport } from './report/write-report.ts';
import type { CellResult } from './report/results.ts';
import { applySuite } from './suites/apply.ts';
import { copySuite } from './suites/copy.ts';
import { decodeSuite } from './suites/decode.ts';
import { kafkaSuite } from './suites/kafka.ts';
import { latencySuite } from './suites/latency.ts';
import { recoverySuite } from './suites/recovery.ts';
import { soakSuite } from './suites/soak.ts';
import type { Suite } from './suites/suite.ts';
import { describeMachine, load } from './support/machine.ts';

const SUITES: readonly Suite[] = [
  decodeSuite,
  applySuite,
  latencySuite,
  recoverySuite,
  kafkaSuite,
  copySuite,
  soakSuite,
];
const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  if (options.readme) {
    writeReadme(root, options.out);
    return 0;
  }
  const chosen = chooseCells(options);
  if (options.list) {
    for (const { name, what } of chosen) console.log(`${name.padEnd(44)} ${what}`);
    return 0;
  }
  if (chosen.length === 0) throw new Error('--only names no cell: see --list');
  const { context, close } = openContext(root, options);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      context.say(`${signal}: stops what it started`);
      void close().then(() => process.exit(128 + constants.signals[signal]));
    });
  }
  try {
    return await measure(context, new Set(chosen.map(({ name }) => name)));
  } finally {
    await close();
  }
}

function chooseCells(options: Options): { name: string; what: string }[] {
  return SUITES.flatMap(({ cells }) =>
    cells.filter(({ name, onlyByName }) =>
      isChosen(name, options, onlyByName !== true || options.list),
    ),
  );
}

/** A report is written after each cell: a run that is broken off leaves what it had. */
async function measure(context: Context, chosen: ReadonlySet<string>): Promise<number> {
  const { options } = context;
  const before = options.add ? readResults(options.out) : undefined;
  const { startedAt = new Date().toISOString(), loadAtStart = load() } = before ?? {};
  const cells: CellResult[] = [];
  const done = (cell: CellResult): void => {
    if (context.isEnding()) throw new Error('broken off');
    cells.push(cell);
    writeReport(options.out, {
      startedAt,
      endedAt: new Date().toISOString(),
      command: commandOf(process.argv.slice(2)),
      machine: describeMachine(root),
      loadAtStart,
      rounds: options.rounds,
      scale: options.scale,
      cells: mergeCells(before?.cells ?? [], cells, allNames()),
    });
  };
  for (const suite of SUITES) {
    const own = new Set(suite.cells.map(({ name }) => name).filter((name) => chosen.has(name)));
    if (own.size > 0) await suite.run(context, own, done);
  }
  context.say(`the report is ${options.out}/report.md`);
  return cells.some(({ contenders }) => isVoid(contenders)) ? 1 : 0;
}

const allNames = (): string[] => SUITES.flatMap(({ cells }) => cells.map(({ name }) => name));

/** tailrace itself has a run that does not count. */
function isVoid(contenders: CellResult['contenders']): boolean {
  const own = contenders.find(({ name }) => name === 'tailrace');
  return (
    own === undefined ||
    own.absent !== undefined ||
    own.measures.some((measure) => measure.void !== undefined)
  );
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return 1;
});
