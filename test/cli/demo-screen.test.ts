import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createDemoView, formatMs } from '../../src/cli/demo-screen.ts';

function output(isTTY: boolean): Writable & { text: string } {
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writable.text += chunk.toString();
      done();
    },
  });
  const writable = Object.assign(sink, { text: '', isTTY });
  return writable;
}

const sample = (elapsedSeconds: number) => ({
  elapsedSeconds,
  totalSeconds: 15,
  written: { rows: 12_345, rowsPerSecond: 1000 },
  applied: { rows: 12_000, rowsPerSecond: 500 },
  lagMs: 12,
  isReplicating: true,
});

describe('the demo', () => {
  it('prints a line every two seconds where there is no terminal', () => {
    const out = output(false);
    const view = createDemoView(out);
    for (let tenths = 0; tenths < 50; tenths++) view.sample(sample(tenths / 10));
    view.event('done');
    view.close();
    const lines = out.text.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toContain('source 12,345 rows (1,000/s)');
    expect(out.text).not.toContain('\u001b');
  });

  it('draws over its own panel on a terminal, and takes it away at the end', () => {
    const out = output(true);
    const view = createDemoView(out);
    view.event('begins');
    view.sample(sample(1));
    const panel = out.text.slice('• begins\n'.length);
    expect(panel).toContain('█'.repeat(28));
    expect(panel).toContain(`${'█'.repeat(14)}${'░'.repeat(14)}`);
    out.text = '';
    view.close();
    expect(out.text).toBe(`\u001b[${panel.split('\n').length - 1}A\u001b[J`);
  });
});

describe('a time', () => {
  it('is short', () => {
    expect([0.2, 12.4, 999, 1500].map(formatMs)).toEqual(['1 ms', '12 ms', '999 ms', '1.5 s']);
  });
});
