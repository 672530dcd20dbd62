import { describe, expect, it } from 'vitest';
import {
  currentReadme,
  errorsMarkdown,
  generatedReadme,
  replaceSection,
} from '../../scripts/docs.ts';
import { ERROR_CODES } from '../../src/core/error-codes.ts';

describe('README.md', () => {
  it('is what scripts/docs writes', () => {
    expect(generatedReadme() === currentReadme(), 'not current: run scripts/docs').toBe(true);
  });

  it('names every error code', () => {
    const table = errorsMarkdown();
    expect(Object.keys(ERROR_CODES).filter((code) => !table.includes(`| \`${code}\` |`))).toEqual(
      [],
    );
  });
});

describe('a generated section', () => {
  it('is replaced between its markers and nowhere else', () => {
    const text = 'a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n';
    const once = replaceSection(text, 'x', 'new\n');
    expect(once).toBe('a\n<!-- generated: x -->\n\nnew\n\n<!-- end: x -->\nb\n');
    expect(replaceSection(once, 'x', 'new\n')).toBe(once);
  });

  it('has to be there', () => {
    expect(() => replaceSection('a', 'x', 'new')).toThrow('lacks the markers');
  });
});
