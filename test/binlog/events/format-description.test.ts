import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { EventFixture, frameOf } from '../../support/binlog-frames.ts';

describe('decodeFormatDescription', () => {
  it.each([
    ['mysql56', '5.6.24-log', 'mysql'],
    ['mysql57', '5.7.29-log', 'mysql'],
    ['mysql97', '9.7.4-2', 'mysql'],
    ['mariadb10', '10.11.19-MariaDB-0+deb12u1-log', 'mariadb'],
    ['mariadb11', '11.8.6-MariaDB-0+deb13u1 from Debian-log', 'mariadb'],
  ])('tells version and family of %s', (name, serverVersion, flavor) => {
    const event = new EventFixture(name).decode('format', 'format-description');
    expect(event).toMatchObject({ serverVersion, flavor, checksumAlgorithm: 'crc32' });
    expect(event.postHeaderLengths[19 - 1]).toBe(8);
    expect(event.postHeaderLengths[24 - 1]).toBe(name.startsWith('mysql9') ? 0 : 8);
  });

  it('finds the algorithm whether or not the frame still has the checksum', () => {
    const { bytes } = new EventFixture('mysql57').frame('format');
    const none = Buffer.from(bytes);
    none[none.length - 5] = 0;
    for (const checksumLength of [0, 4] as const) {
      expect(new EventDecoder().decode(frameOf(none, checksumLength))).toMatchObject({
        kind: 'format-description',
        checksumAlgorithm: 'none',
      });
      expect(new EventDecoder().decode(frameOf(bytes, checksumLength))).toMatchObject({
        checksumAlgorithm: 'crc32',
      });
    }
  });
});
