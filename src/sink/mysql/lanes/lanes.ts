import { toTailraceError, type TailraceError } from '../../../core/errors.ts';
import { systemClock } from '../../../lib/clock.ts';
import type { PlannedGroup } from '../group-plans.ts';
import type { TargetTable } from '../target-table.ts';
import { TUNING } from '../tuning.ts';
import { GroupTouches } from './group-touches.ts';
import type { Lane } from './lane.ts';
import type { LaneRun } from './lane-run.ts';

export interface LanesOptions {
  readonly count: number;
  readonly open: (number: number, watched: WeakSet<TargetTable>) => Promise<Lane>;
  /** It is tried again later; until then there are fewer lanes. */
  readonly onFailure: (error: TailraceError) => void;
}

/** A group whose turn will come. */
interface Waiting {
  readonly plan: PlannedGroup;
  readonly touches: GroupTouches;
  /** Those before it, not committed yet, that it may meet. */
  readonly blockers: Set<GroupTouches>;
  run: LaneRun | undefined;
}

/**
 * Runs groups ahead of their turn, each on a lane of its own, where they touch nothing of what is before them and not
 * committed. Commits stay in the order of the source, so the target is a prefix of it at any time.
 *
 * That groups are apart is only what makes it worth while: were it wrong, the server's row locks would have one of
 * them wait for the other. One that waits for an earlier one gets on once that is committed; an earlier one
 * that waits for a later one is helped by `#loseAll`: whatever has long been ready is taken back and done in its turn.
 */
export class Lanes {
  /** Tables whose warnings are read: known to all sessions. */
  readonly watched = new WeakSet<TargetTable>();
  readonly #options: LanesOptions;
  #lanes: readonly Lane[] = [];
  #opening: Promise<void> | undefined;
  #openNextMs = 0;
  #waiting: Waiting[] = [];
  /** Of the group whose turn it is; unknown outside of a turn. */
  #current = GroupTouches.unknown();
  #isClosed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** What comes behind all that was offered before. */
  offer(plan: PlannedGroup): void {
    const touches = GroupTouches.of(plan);
    const before = [this.#current, ...this.#waiting.map((one) => one.touches)];
    const blockers = new Set(before.filter((one) => !one.isApartFrom(touches)));
    this.#waiting.push({ plan, touches, blockers, run: undefined });
    this.#openMissing();
    this.#start();
  }

  /** Everything before it is committed. Gives back its run, if it runs. */
  turnTo(plan: PlannedGroup): LaneRun | undefined {
    const index = this.#waiting.findIndex((one) => one.plan === plan);
    const mine = this.#waiting[index];
    for (const { run } of this.#waiting.splice(0, Math.max(index, 0))) void run?.giveUp();
    if (mine !== undefined) this.#waiting.shift();
    this.#goOn(mine?.touches ?? GroupTouches.of(plan));
    if (mine === undefined) this.#blockMeeting();
    this.#start();
    return mine?.run?.isGivenUp === false ? mine.run : undefined;
  }

  /** Unless it is done, what ran ahead of it is rolled back once this resolves: it will be gone through row by row. */
  async endTurn(isDone: boolean): Promise<void> {
    this.#goOn(GroupTouches.unknown());
    if (!isDone) await this.#loseAll();
  }

  sayHello(): void {
    for (const lane of this.#lanes) lane.sayHello();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#lanes.map((lane) => lane.close().catch(() => undefined)));
  }

  #goOn(next: GroupTouches): void {
    for (const { blockers } of this.#waiting) blockers.delete(this.#current);
    this.#current = next;
  }

  /** What was offered when nothing was known of the current group yet. */
  #blockMeeting(): void {
    for (const { blockers, touches } of this.#waiting) {
      if (!this.#current.isApartFrom(touches)) blockers.add(this.#current);
    }
  }

  #start(): void {
    if (!this.#current.isKnown) return;
    for (const waiting of this.#waiting) {
      if (!waiting.touches.isKnown) return;
      if (waiting.run !== undefined || waiting.blockers.size > 0) continue;
      const lane = this.#lanes.find(({ isFree }) => isFree);
      if (lane === undefined) return;
      waiting.run = lane.run(waiting.plan.packets);
      this.#watch(waiting.run);
    }
  }

  /** What holds locks and is ready can only be waited for: an earlier group may do that, and no server sees it. */
  #watch(run: LaneRun): void {
    const sinceMs = systemClock.monotonicMs();
    void run.isReady.then((isReady) => {
      if (!isReady || this.#isClosed) {
        this.#start();
        return;
      }
      const tookMs = systemClock.monotonicMs() - sinceMs;
      const patienceMs = Math.max(TUNING.lanePatienceMs, tookMs * TUNING.lanePatienceTimes);
      const timer = setTimeout(() => {
        if (this.#waiting.some((one) => one.run === run)) void this.#loseAll();
      }, patienceMs);
      timer.unref();
    });
  }

  async #loseAll(): Promise<void> {
    for (const { run } of this.#waiting) void run?.giveUp();
    for (const { run } of this.#waiting) await run?.giveUp();
  }

  #openMissing(): void {
    const nowMs = systemClock.monotonicMs();
    if (this.#opening !== undefined || this.#isClosed || nowMs < this.#openNextMs) return;
    const alive = this.#lanes.filter(({ isAlive }) => isAlive);
    if (alive.length === this.#options.count) return;
    this.#lanes = alive;
    this.#openNextMs = nowMs + TUNING.laneRetryMs;
    this.#opening = this.#open().finally(() => {
      this.#opening = undefined;
    });
  }

  async #open(): Promise<void> {
    const { count, open, onFailure } = this.#options;
    for (let number = 1; number <= count; number++) {
      if (this.#lanes.some((lane) => lane.number === number)) continue;
      try {
        const lane = await open(number, this.watched);
        if (this.#isClosed) await lane.close();
        else this.#lanes = [...this.#lanes, lane];
      } catch (thrown) {
        if (!this.#isClosed) onFailure(toTailraceError(thrown));
        return;
      }
      this.#start();
    }
  }
}
