import { describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import {
  errorFromConnect,
  errorFromServer,
  isServerErrno,
} from '../../src/server/error-from-server.ts';

function driverError(fields: object, message = 'as the server says') {
  return Object.assign(new Error(message), fields);
}

describe('errorFromServer', () => {
  it.each([
    [1213, 'TARGET_BUSY', true],
    [1205, 'TARGET_BUSY', true],
    [1114, 'TARGET_UNAVAILABLE', true],
    [1836, 'TARGET_UNAVAILABLE', true],
    [1053, 'TARGET_CONNECTION_LOST', true],
    [1040, 'TARGET_UNREACHABLE', true],
    [1045, 'TARGET_ACCESS_DENIED', false],
    [1049, 'TARGET_TABLE_MISSING', false],
    [1146, 'TARGET_TABLE_MISSING', false],
    [1062, 'TARGET_CONFLICT', false],
    [1054, 'TARGET_COLUMNS_DIFFER', false],
    [1366, 'TARGET_VALUE_REFUSED', false],
    [1064, 'TARGET_STATEMENT_REFUSED', false],
  ] as const)('takes target error %i for %s', (errno, code, isTransient) => {
    const error = errorFromServer(driverError({ errno, code: 'ER_X' }), 'target', { host: 'h:1' });
    expect(error.code).toBe(code);
    expect(error.isTransient).toBe(isTransient);
    expect(error.place).toEqual({ host: 'h:1', errno });
  });

  it('reads from 1290 whether the option that forbids is read-only', () => {
    const forbidden = (option: string) =>
      driverError(
        { errno: 1290 },
        `The MySQL server is running with the ${option} option so it cannot execute this statement`,
      );
    expect(errorFromServer(forbidden('--super-read-only'), 'target').code).toBe(
      'TARGET_UNAVAILABLE',
    );
    expect(errorFromServer(forbidden('--secure-file-priv'), 'target').code).toBe(
      'TARGET_STATEMENT_REFUSED',
    );
  });

  it('finds a full disk in the text of engine errors', () => {
    const full = driverError({ errno: 1030 }, 'Got error 28 "No space left on device" from engine');
    expect(errorFromServer(full, 'target').code).toBe('TARGET_UNAVAILABLE');
    const other = driverError({ errno: 1030 }, 'Got error 122 from storage engine');
    expect(errorFromServer(other, 'target').code).toBe('TARGET_STATEMENT_REFUSED');
  });

  it('takes operating-system errors by their code', () => {
    const refused = driverError({ code: 'ECONNREFUSED', errno: -111 });
    const error = errorFromServer(refused, 'source');
    expect(error.code).toBe('SOURCE_UNREACHABLE');
    expect(error.place.errno).toBeUndefined();
  });

  it('reads the first of several addresses that failed', () => {
    const both = new AggregateError([driverError({ code: 'ECONNREFUSED' }, 'connect refused')]);
    const error = errorFromConnect(both, 'source');
    expect(error.code).toBe('SOURCE_UNREACHABLE');
    expect(error.message).toContain('connect refused');
  });

  it('drops the statement, which may hold megabytes of rows', () => {
    const cause = driverError({ errno: 1062, sql: 'INSERT …' });
    expect(errorFromServer(cause, 'target').cause).not.toHaveProperty('sql');
  });

  it('keeps a TailraceError and fills in its place', () => {
    const first = new TailraceError('TARGET_BUSY', 'm', { place: { errno: 1213 } });
    expect(errorFromServer(first, 'target', { host: 'h' }).place).toEqual({
      host: 'h',
      errno: 1213,
    });
  });

  it('calls a connection lost before login unreachable', () => {
    const lost = driverError({ code: 'PROTOCOL_CONNECTION_LOST' });
    expect(errorFromConnect(lost, 'source').code).toBe('SOURCE_UNREACHABLE');
    expect(errorFromServer(lost, 'source').code).toBe('SOURCE_CONNECTION_LOST');
  });

  it('tells an error number from before and after mapping', () => {
    const raw = driverError({ errno: 1213 });
    expect(isServerErrno(raw, 1205, 1213)).toBe(true);
    expect(isServerErrno(errorFromServer(raw, 'target'), 1213)).toBe(true);
    expect(isServerErrno(raw, 1062)).toBe(false);
  });
});
