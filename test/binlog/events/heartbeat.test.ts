import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { makeFrame } from '../../support/binlog-frames.ts';

describe('heartbeats', () => {
  it('v1: the offset is in the header', () => {
    const frame = makeFrame(27, Buffer.from('binlog.000001'), { endLogPos: 4711 });
    expect(new EventDecoder().decode(frame)).toMatchObject({
      kind: 'heartbeat',
      file: 'binlog.000001',
      offset: 4711,
    });
  });

  it('v2: the offset may be beyond 4 GiB', () => {
    const offset = Buffer.alloc(9);
    offset[0] = 0xfe;
    offset.writeBigUInt64LE(5_000_000_000n, 1);
    const body = Buffer.concat([
      Buffer.from([1, 8]),
      Buffer.from('binlog.1'),
      Buffer.from([77, 1, 0]),
      Buffer.from([2, 9]),
      offset,
      Buffer.from([0]),
    ]);
    expect(new EventDecoder().decode(makeFrame(41, body))).toMatchObject({
      kind: 'heartbeat',
      file: 'binlog.1',
      offset: 5_000_000_000,
    });
  });

  it('refuses one without a position', () => {
    expect(() => new EventDecoder().decode(makeFrame(41, Buffer.from([0])))).toThrow(/no position/);
  });
});
