import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterIntactEvent,
  isRegisterOf,
  LONGEST_IN_RUN,
  RUN_START,
} from '../../src/replica/checksum-run.ts';

function packetOf(content: Uint8Array, sequence: number): Buffer {
  const event = Buffer.alloc(content.length + 4);
  event.set(content);
  event.writeUInt32LE(crc32(content), content.length);
  const header = Buffer.alloc(5);
  header.writeUIntLE(event.length + 1, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, event]);
}

const CONTENTS = fc.array(fc.uint8Array({ minLength: 19, maxLength: LONGEST_IN_RUN - 4 }), {
  minLength: 1,
  maxLength: 30,
});

function registerOf(packets: readonly Buffer[]): number {
  return packets.reduce(
    (register, packet) => afterIntactEvent(register, packet.readInt32LE(0), packet.length - 5),
    RUN_START,
  );
}

describe('the register behind a run of events', () => {
  it('is known without their bytes', () => {
    fc.assert(
      fc.property(CONTENTS, (contents) => {
        const packets = contents.map(packetOf);
        const bytes = Buffer.concat([Buffer.alloc(3, 1), ...packets]);
        expect(isRegisterOf(registerOf(packets), bytes, 3, bytes.length)).toBe(true);
      }),
    );
  });

  it('is another one when a byte of any event is', () => {
    fc.assert(
      fc.property(CONTENTS, fc.nat(), fc.integer({ min: 1, max: 255 }), (contents, at, mask) => {
        const packets = contents.map(packetOf);
        const register = registerOf(packets);
        const damaged = packets[at % packets.length] as Buffer;
        const place = 5 + (at % (damaged.length - 5));
        damaged.writeUInt8(damaged.readUInt8(place) ^ mask, place);
        const bytes = Buffer.concat(packets);
        expect(isRegisterOf(register, bytes, 0, bytes.length)).toBe(false);
      }),
    );
  });
});
