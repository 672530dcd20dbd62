import { readdirSync, readFileSync } from 'node:fs';

/** One statement of test/corpus/ddl with what its dividing line says of it. */
export interface CorpusStatement {
  readonly file: string;
  readonly statement: string;
  readonly flavor: 'mysql' | 'mariadb' | undefined;
  readonly since: number;
  readonly before: number;
  readonly modes: readonly string[];
  readonly isUnclear: boolean;
}

const folder = new URL('../corpus/ddl/', import.meta.url);

export function readCorpus(): CorpusStatement[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .flatMap((file) => readFile(file));
}

function readFile(file: string): CorpusStatement[] {
  const statements: CorpusStatement[] = [];
  const text = readFileSync(new URL(file, folder), 'utf8');
  for (const part of text.split(/^----/m).slice(1)) {
    const end = part.indexOf('\n');
    const words = part.slice(0, end).trim().split(/\s+/);
    statements.push({
      file,
      statement: part.slice(end + 1).replace(/\n$/, ''),
      flavor: words.find((word) => word === 'mysql' || word === 'mariadb'),
      since: Number(words.find((word) => /^\d+$/.test(word)) ?? 0),
      before: Number(words.find((word) => /^<\d+$/.test(word))?.slice(1) ?? Infinity),
      modes:
        words
          .find((word) => word.startsWith('modes='))
          ?.slice(6)
          .split(',') ?? [],
      isUnclear: words.includes('unclear'),
    });
  }
  return statements;
}
