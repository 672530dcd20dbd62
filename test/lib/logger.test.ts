import { describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import { createLogger, silentLogger, type LoggerOptions } from '../../src/lib/logger.ts';
import { registerSecret } from '../../src/lib/secrets.ts';

function capture(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const logger = createLogger({ ...options, output: { write: (text) => lines.push(text) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('createLogger', () => {
  it('writes JSON lines where nobody looks', () => {
    const { logger, lines, last } = capture();
    logger.info({ rows: 5, at: new Date(0), big: 2n ** 60n, bytes: Buffer.alloc(3) }, 'caught up');
    expect(last()).toMatchObject({
      level: 'info',
      message: 'caught up',
      rows: 5,
      at: '1970-01-01T00:00:00.000Z',
      big: '1152921504606846976',
      bytes: '3 bytes',
    });
    expect(lines[0]?.endsWith('\n')).toBe(true);
  });

  it('keeps to its level, children too', () => {
    const { logger, lines } = capture({ level: 'warn' });
    logger.info('no');
    logger.child({ task: 'shop' }).debug('no');
    logger.child({ task: 'shop' }).warn('yes');
    expect(lines).toHaveLength(1);
    expect(logger.isEnabled('info')).toBe(false);
    expect(logger.isEnabled('error')).toBe(true);
    silentLogger.error('nobody hears it');
  });

  it('writes one pleasant line for people', () => {
    const { logger, lines } = capture({ format: 'pretty' });
    logger.child({ task: 'shop' }).info({ lag: '0.2 s', rows: 1500 }, 'caught up');
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}\[shop\] caught up {2}lag="0.2 s" rows=1500\n$/,
    );
  });

  it('gives the journal the priority of each line, and leaves the time to it', () => {
    const { logger, lines } = capture({ format: 'pretty', isJournal: true });
    logger.warn({ task: 'shop' }, 'slow');
    logger.error({ error: new Error('nobody foresaw it') }, 'broken');
    logger.debug('not shown');
    expect(lines[0]).toBe('<4>WARN  [shop] slow\n');
    expect(lines[1]).toMatch(/^(<3>.+\n){3,}$/);
    const json = capture({ isJournal: true });
    json.logger.info('well');
    expect(json.lines[0]).toMatch(/^<6>\{.*\}\n$/);
  });

  it('shows of an error its code, place, cause and next step, in one line', () => {
    const { logger, lines } = capture({ format: 'pretty' });
    const cause = new Error('Duplicate entry 5');
    const place = { table: 'shop.users', gtid: '0-1-5' };
    const error = new TailraceError('TARGET_CONFLICT', 'row is there', { place, cause, next: 'X' });
    logger.error({ error }, 'stopped');
    expect(lines[0]).toMatch(
      / ERROR stopped: TARGET_CONFLICT row is there \(Duplicate entry 5\) {2}table=shop.users gtid=0-1-5 → X\n$/,
    );
  });

  it('shows a stack for what nobody foresaw only', () => {
    const { logger, lines, last } = capture();
    logger.error({ error: new TypeError('x is undefined') }, 'stopped');
    expect(last()).toMatchObject({ error: { type: 'TypeError', message: 'x is undefined' } });
    expect(lines[0]).toContain('logger.test.ts');
    logger.error({ error: new TailraceError('TASK_LOCKED', 'locked') }, 'stopped');
    expect(lines[1]).not.toContain('logger.test.ts');
    expect(lines[1]).toContain('"code":"TASK_LOCKED"');
  });

  it('colours on request only', () => {
    const plain = capture({ format: 'pretty' });
    const colourful = capture({ format: 'pretty', hasColor: true });
    plain.logger.warn('x');
    colourful.logger.warn('x');
    expect(plain.lines[0]).not.toContain('\u001b');
    expect(colourful.lines[0]).toContain('\u001b[33mWARN');
  });
});

describe('registerSecret', () => {
  it('keeps a secret out of messages, fields, errors and their causes, in every spelling', () => {
    registerSecret('s3cr+t "word"');
    const { logger, lines } = capture();
    const cause = new Error('denied for s3cr+t "word"');
    const error = new Error('url mysql://u:s3cr%2Bt%20%22word%22@host', { cause });
    logger.child({ from: 's3cr+t "word"' }).error(
      {
        error,
        list: [{ deep: 'a s3cr+t "word" b' }],
      },
      'with s3cr+t "word"',
    );
    expect(lines[0]).not.toMatch(/s3cr/);
    expect(lines[0]?.match(/\*\*\*/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it('replaces a short one as a word only, and nothing for an empty one', () => {
    registerSecret('pw');
    registerSecret('');
    const { logger, last } = capture();
    logger.info('pw of power is pw!');
    expect(last()['message']).toBe('*** of power is ***!');
  });

  it('prefers the longer of two that begin alike', () => {
    registerSecret('abcdefg');
    registerSecret('abcdefg-hij');
    const { logger, last } = capture();
    logger.info('abcdefg-hij abcdefg');
    expect(last()['message']).toBe('*** ***');
  });
});
