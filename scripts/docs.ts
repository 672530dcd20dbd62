/**
 * Writes the generated parts of README.md: the tables of errors and metrics and the reference of the configuration.
 * `scripts/docs` runs it; `--check` only tells whether they are current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { referenceMarkdown } from '../src/config/reference.ts';
import { ERROR_CODES } from '../src/core/error-codes.ts';
import { METRICS } from '../src/status/metric-catalogue.ts';

const path = new URL('../README.md', import.meta.url);

export function errorsMarkdown(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, info]) =>
      `| \`${code}\` | ${info.exit}${'transient' in info ? ' ↻' : ''} | ${info.next.replaceAll('|', '\\|')} |`,
  );
  const note =
    '↻: tried again with growing pauses; `run` and `tail` do not end by it, `check` and `position` do.';
  return `| code | exit | next step |\n|---|---|---|\n${rows.join('\n')}\n\n${note}\n`;
}

/** Those of the process itself come from prom-client, by its own names. */
export function metricsMarkdown(): string {
  const rows = METRICS.map(({ name, help, kind, labels = [] }) => {
    const plain = name.endsWith('_total') ? 'counter' : 'gauge';
    const type = kind === 'histogram' ? 'histogram' : plain;
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`;
  });
  return `| name | type | labels besides \`task\` | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** The text with everything between the section's two markers replaced. */
export function replaceSection(text: string, name: string, content: string): string {
  const begin = `<!-- generated: ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(`<!-- end: ${name} -->`, from);
  if (from < 0 || to < 0) throw new Error(`README.md lacks the markers of "${name}"`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n${text.slice(to)}`;
}

export function currentReadme(): string {
  return readFileSync(path, 'utf8');
}

export function generatedReadme(): string {
  const withErrors = replaceSection(currentReadme(), 'errors', errorsMarkdown());
  const withMetrics = replaceSection(withErrors, 'metrics', metricsMarkdown());
  return replaceSection(withMetrics, 'configuration', referenceMarkdown());
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const wanted = generatedReadme();
  const isCurrent = wanted === currentReadme();
  if (!process.argv.includes('--check')) writeFileSync(path, wanted);
  else if (!isCurrent) throw new Error('README.md is not current: run scripts/docs');
}
