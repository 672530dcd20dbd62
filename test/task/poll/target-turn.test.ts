import { describe, expect, it } from 'vitest';
import { TargetTurn } from '../../../src/task/poll/target-turn.ts';

const { signal } = new AbortController();

describe('the turn at the target', () => {
  it('is given to who waits, not to polling', async () => {
    const turn = new TargetTurn();
    const leave = turn.tryTake();
    expect(turn.freeForMs).toBeUndefined();
    expect(turn.tryTake()).toBeUndefined();
    const stream = turn.take(signal);
    expect(turn.isWanted).toBe(true);
    leave?.();
    expect(turn.tryTake()).toBeUndefined();
    const leaveAgain = await stream;
    expect(turn.isWanted).toBe(false);
    expect(turn.freeForMs).toBeUndefined();
    // Once is enough.
    leave?.();
    expect(turn.tryTake()).toBeUndefined();
    leaveAgain();
    expect(turn.freeForMs).toBeGreaterThanOrEqual(0);
    expect(turn.tryTake()).toBeDefined();
  });

  it('is waited for until one is asked to stop', async () => {
    const turn = new TargetTurn();
    turn.tryTake();
    const stop = new AbortController();
    const waiting = turn.take(stop.signal);
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    expect(turn.isWanted).toBe(false);
  });
});
