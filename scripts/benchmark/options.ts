import { parseArgs } from 'node:util';

export const SERVER_KINDS = ['mariadb10', 'mariadb11', 'mysql57', 'mysql9'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

export interface Options {
  readonly quick: boolean;
  /** Beginnings of cell names, as `apply/mariadb11`; none: everything but the soak. */
  readonly only: readonly string[];
  /** Beginnings of contenders' names, in whole words; none: all. tailrace takes part always. */
  readonly contenders: readonly string[];
  readonly rounds: number;
  /** Sizes of workloads are multiplied by this. */
  readonly scale: number;
  readonly soakMinutes: number;
  readonly out: string;
  /** Cells that DIR has already stay in its report; those measured now are put beside them, or in their place. */
  readonly add: boolean;
  readonly list: boolean;
  readonly readme: boolean;
}

export const USAGE = `scripts/bench [option...]

  --quick              a fifth of the data, two rounds
  --only NAME          only cells whose name begins so (see --list); repeatable
  --contender NAME     only those beside tailrace whose name begins so; repeatable
  --rounds N           default 6; with --quick 2
  --scale X            sizes of the workloads; default 1, with --quick 0.2
  --soak-minutes N     how long the soak loads it; default 20, with --quick 2
  --out DIR            where report.md, results.json and the charts go; default ./bench-report
  --add                keeps what DIR has of other cells: a report made in several runs
  --readme             puts the table of DIR/results.json into README.md; measures nothing
  --list               prints the names of all cells

On two cores a cell takes from two minutes (decode) to a quarter of an hour (a durable target, whose own
replica takes minutes a run); all of them, six rounds, most of a day; --quick a sixth of that. --rounds 1
and --only are for a first look.
`;

/** undefined: help was asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      contender: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      scale: { type: 'string' },
      'soak-minutes': { type: 'string' },
      out: { type: 'string', default: 'bench-report' },
      add: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  return {
    quick,
    only: values.only,
    contenders: values.contender,
    rounds: positive(values.rounds, quick ? 2 : 6, '--rounds'),
    scale: positive(values.scale, quick ? 0.2 : 1, '--scale'),
    soakMinutes: positive(values['soak-minutes'], quick ? 2 : 20, '--soak-minutes'),
    out: values.out,
    add: values.add,
    list: values.list,
    readme: values.readme,
  };
}

function positive(text: string | undefined, otherwise: number, option: string): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new Error(`${option} takes a number above 0`);
  return value;
}

/** Whether a contender of this name is asked for. `native` asks for `native replica, 0 workers` and all that begin so. */
export function takesPart(name: string, { contenders }: Options): boolean {
  if (contenders.length === 0) return true;
  return contenders.some((begin) => name === begin || name.startsWith(`${begin} `));
}

/** Whether a cell of this name is asked for. `a/b` asks for `a/b` and all of `a/b/…`. */
export function isChosen(name: string, { only }: Options, isDefault = true): boolean {
  if (only.length === 0) return isDefault;
  return only.some((begin) => name === begin || name.startsWith(`${begin}/`));
}
