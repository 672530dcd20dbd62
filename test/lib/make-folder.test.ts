import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/lib/make-folder.ts';

const top = mkdtempSync(join(tmpdir(), 'tailrace-folder-'));
afterAll(() => {
  rmSync(top, { recursive: true, force: true });
});

describe('makeFolder', () => {
  it('makes a folder and those above it, and takes one that is there', () => {
    const path = join(top, 'a', 'b', 'c');
    makeFolder(path);
    makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('fails where it cannot be, instead of trying for ever', () => {
    const file = join(top, 'file');
    writeFileSync(file, '');
    expect(() => {
      makeFolder(join(file, 'x'));
    }).toThrow(/ENOTDIR/);
    expect(() => {
      makeFolder('/proc/nowhere/x');
    }).toThrow(/ENOENT/);
  });
});
