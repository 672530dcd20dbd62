import { describe, expect, it } from 'vitest';
import { RunStateMachine, type RunState } from '../../src/lib/run-state.ts';

function machine() {
  const time = { ms: 1000 };
  const states = new RunStateMachine({ monotonicMs: () => time.ms, nowMs: () => time.ms });
  return { time, states };
}

describe('RunStateMachine', () => {
  it('tells each change once, with its time and error', () => {
    const { time, states } = machine();
    const seen: RunState[] = [];
    const end = states.onChange((state) => seen.push(state));
    const error = new Error('lost');
    states.to('streaming');
    time.ms = 2000;
    states.to('streaming');
    states.to('retrying', error);
    end();
    states.to('streaming');
    expect(seen).toEqual([
      { kind: 'streaming', sinceMs: 1000, error: undefined },
      { kind: 'retrying', sinceMs: 2000, error },
    ]);
    expect(states.current.error).toBeUndefined();
  });

  it('a retry with another error is a new state', () => {
    const { states } = machine();
    states.to('retrying', new Error('one'));
    states.to('retrying', new Error('two'));
    expect(states.current.error?.message).toBe('two');
  });

  it('refuses what cannot be', () => {
    const { states } = machine();
    states.to('failed', new Error('refused'));
    expect(() => {
      states.to('streaming');
    }).toThrow(/failed can't be streaming/);
    states.to('starting');
    states.to('stopped');
    expect(() => {
      states.to('starting');
    }).toThrow(/stopped can't be starting/);
  });
});
