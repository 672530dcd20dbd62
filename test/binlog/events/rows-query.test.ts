import { describe, expect, it } from 'vitest';
import { EventFixture } from '../../support/binlog-frames.ts';

describe('statement texts', () => {
  it('MySQL rows query', () => {
    expect(new EventFixture('mysql57').decode('rows-query', 'rows-query').statement).toBe(
      "insert into pk values (51,'rq',52)",
    );
  });

  it('MariaDB annotate rows', () => {
    expect(new EventFixture('mariadb10').decode('annotate', 'rows-query').statement).toMatch(
      /^INSERT INTO t \(id,s,e,f,u\) VALUES \(1,'one'/,
    );
  });
});
