import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../src/binlog/event-decoder.ts';
import type { Frame } from '../../src/core/frame.ts';
import { TailraceError } from '../../src/core/errors.ts';
import { EventFixture, frameOf, makeFrame, truncated } from '../support/binlog-frames.ts';

const FIXTURES = ['mysql56', 'mysql57', 'mysql97', 'mariadb10', 'mariadb11'].map(
  (name) => [name, new EventFixture(name)] as const,
);

/** Decodes an event and all inside it; 'ok', or the code of the TailraceError. Anything else is thrown. */
function outcomeOf(decoder: EventDecoder, frame: Frame): string {
  try {
    const event = decoder.decode(frame);
    if (event.kind === 'transaction-payload') {
      for (const inner of event.frames()) decoder.decode(inner);
    }
    return 'ok';
  } catch (error) {
    if (error instanceof TailraceError) return error.code;
    throw error;
  }
}

describe.each(FIXTURES)('EventDecoder on events of %s', (_, fixture) => {
  it('knows every event', () => {
    const decoder = fixture.decoder();
    const unknown = fixture.names.filter(
      (name) => decoder.decode(fixture.frame(name)).kind === 'unknown',
    );
    expect(unknown).toEqual([]);
  });

  it('refuses an event cut at any byte, or still makes sense of it', () => {
    const outcomes = new Set<string>();
    for (const name of fixture.names) {
      const frame = fixture.frame(name);
      for (let length = 0; length < frame.end - frame.start; length++) {
        outcomes.add(outcomeOf(fixture.decoder(), truncated(frame, length)));
      }
    }
    expect([...outcomes].sort()).toEqual(['SOURCE_EVENT_UNDECODABLE', 'ok']);
  });

  it('throws nothing but TailraceError on damaged bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixture.names),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (name, damages) => {
          const bytes = Buffer.from(fixture.frame(name).bytes);
          const bodyLength = bytes.length - 19 - 4;
          for (const [at, value] of damages) bytes[19 + (at % bodyLength)] = value;
          expect(['ok', 'SOURCE_EVENT_UNDECODABLE']).toContain(
            outcomeOf(fixture.decoder(), frameOf(bytes, 4)),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('EventDecoder', () => {
  it('decodes before a format description came', () => {
    const body = Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('binlog.7')]);
    const event = new EventDecoder().decode(makeFrame(4, body, { flags: 0x20, timestamp: 0 }));
    expect(event).toMatchObject({
      kind: 'rotate',
      file: 'binlog.7',
      offset: 4,
      isArtificial: true,
    });
  });

  it('refuses an event whose header names another size', () => {
    const frame = makeFrame(16, Buffer.alloc(8));
    frame.bytes.writeUInt32LE(28, 9);
    expect(() => new EventDecoder().decode(frame)).toThrow(/says it has 28 bytes and has 27/);
  });

  it('passes over a type that is not known only if it is marked ignorable', () => {
    const decoder = new EventDecoder();
    expect(decoder.decode(makeFrame(99, Buffer.alloc(3))).kind).toBe('unknown');
    expect(decoder.decode(makeFrame(99, Buffer.alloc(3), { flags: 0x80 })).kind).toBe('ignorable');
  });

  it('names the helpers of statements', () => {
    const decoder = new EventDecoder();
    const names = [5, 13, 14, 17, 9].map((type) =>
      decoder.decode(makeFrame(type, Buffer.alloc(9))),
    );
    expect(names.map((event) => 'name' in event && event.name)).toEqual([
      'INTVAR',
      'RAND',
      'USER_VAR',
      'BEGIN_LOAD_QUERY',
      'APPEND_BLOCK',
    ]);
  });

  it('reads LOAD DATA as the statement that it is', () => {
    const header = Buffer.alloc(26);
    header.writeUInt32LE(7, 0);
    header[8] = 2;
    const text = "LOAD DATA INFILE '/tmp/SQL_LOAD_MB-1-0' INTO TABLE `t`";
    const body = Buffer.concat([header, Buffer.from('db\0'), Buffer.from(text)]);
    expect(new EventDecoder().decode(makeFrame(18, body))).toMatchObject({
      kind: 'query',
      threadId: 7,
      database: 'db',
      statement: text,
    });
  });

  it('reads an incident', () => {
    const body = Buffer.concat([Buffer.from([1, 0, 4]), Buffer.from('lost')]);
    expect(new EventDecoder().decode(makeFrame(26, body))).toMatchObject({
      kind: 'incident',
      incident: 1,
      message: 'lost',
    });
  });
});
