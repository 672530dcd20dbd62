import type { TailraceError } from '../../core/errors.ts';
import { formatTableName } from '../../core/table.ts';
import { redactSecrets } from '../../lib/secrets.ts';
import type { Poller } from '../../poll/poller.ts';
import type { PollStatus } from '../../status/task-status.ts';
import type { TaskBoard } from '../task-board.ts';

const SHOWN = 50;

interface Totals {
  readonly rows: number;
  readonly lateRows: number;
}

const NONE: Totals = { rows: 0, lateRows: 0 };

/** Keeps the board's word on polling, over all pollers that one task has had. */
export class PollCounter {
  readonly #board: TaskBoard;
  /** Of pollers that are gone. */
  #past = NONE;
  #status: PollStatus = {
    state: 'polling',
    rounds: 0,
    failedRounds: 0,
    lastRoundAt: null,
    rows: 0,
    lateRows: 0,
    tables: [],
    unusable: [],
    error: null,
  };

  constructor(board: TaskBoard) {
    this.#board = board;
    this.#set({});
  }

  observe(poller: Poller): void {
    const now = totalsOf(poller);
    const tables = poller.tables
      .map(({ table, rows, mark }) => ({
        table: formatTableName(table.name),
        rows,
        last: mark.last?.join(', ') ?? null,
      }))
      .sort((a, b) => b.rows - a.rows)
      .slice(0, SHOWN);
    this.#set({
      state: 'polling',
      rows: this.#past.rows + now.rows,
      lateRows: this.#past.lateRows + now.lateRows,
      tables,
      unusable: poller.unusable,
    });
  }

  endRound(poller: Poller): void {
    this.observe(poller);
    const rounds = this.#status.rounds + 1;
    this.#set({ rounds, lastRoundAt: new Date().toISOString(), error: null });
  }

  /** The poller is given up. */
  leave(poller: Poller): void {
    this.observe(poller);
    const { rows, lateRows } = this.#status;
    this.#past = { rows, lateRows };
  }

  fail(error: TailraceError): void {
    const text = redactSecrets(`${error.code}: ${error.message}`);
    this.#set({ failedRounds: this.#status.failedRounds + 1, error: text });
  }

  stepBack(): void {
    this.#set({ state: 'standing-back' });
  }

  #set(change: Partial<PollStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#board.poll = this.#status;
  }
}

function totalsOf(poller: Poller): Totals {
  return poller.tables.reduce(
    (sum, { rows, lateRows }) => ({ rows: sum.rows + rows, lateRows: sum.lateRows + lateRows }),
    NONE,
  );
}
