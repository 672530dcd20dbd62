import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import type { Context } from '../context.ts';

const run = promisify(execFile);

/** How a folder beside this file becomes programs that run: `source` is its copy in the cache. */
export interface Recipe {
  readonly folder: string;
  build(target: string): Promise<void>;
}

/**
 * Copies a folder of programs into the cache and builds it there once: the project's own packages stay
 * free of what only the measurements need. A changed file makes it be built anew.
 */
export async function install(context: Context, recipe: Recipe): Promise<string> {
  const source = join(context.root, 'scripts/benchmark/contenders', recipe.folder);
  const target = join(context.cache, `${recipe.folder}-${digestOf(source)}`);
  if (existsSync(target)) return target;
  context.say(`fetching and building what is in contenders/${recipe.folder}`);
  const fresh = `${target}.new.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  cpSync(source, fresh, { recursive: true });
  try {
    await recipe.build(fresh);
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return target;
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort())
    hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}

export const nodePrograms: Recipe = {
  folder: 'node',
  build: async (target) => {
    await command(target, 'npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts']);
    for (const name of readdirSync(target).filter((file) => file.endsWith('.ts'))) {
      const { outputText } = ts.transpileModule(readFileSync(join(target, name), 'utf8'), {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
      });
      writeFileSync(join(target, name.replace(/ts$/, 'js')), outputText);
    }
  },
};

const javaRecipe = (folder: string): Recipe => ({
  folder,
  build: async (target) => {
    await command(target, 'mvn', [
      '-B',
      '-q',
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${target}/libs`,
    ]);
    const sources = readdirSync(target).filter((file) => file.endsWith('.java'));
    if (sources.length > 0)
      await command(target, 'javac', ['-cp', 'libs/*', '-d', '.', ...sources]);
  },
});

export const javaPrograms = javaRecipe('java');
export const maxwellPrograms = javaRecipe('kafka-maxwell');
export const debeziumPrograms = javaRecipe('kafka-debezium');
export const canalPrograms = javaRecipe('kafka-canal');
export const jdbcSinkPrograms = javaRecipe('kafka-jdbc-sink');

const goRecipe = (folder: string): Recipe => ({
  folder,
  build: (target) => command(target, 'go', ['build', '-o', 'program', '.']),
});

export const goPrograms = goRecipe('go');
export const kafkaGoPrograms = goRecipe('kafka-go');

export const pythonPrograms: Recipe = {
  folder: 'python',
  build: async (target) => {
    await command(target, 'python3', ['-m', 'venv', '--copies', 'venv']);
    // By `python -m pip`: the folder moves once it is complete, and pip's own script would not.
    await command(target, 'venv/bin/python', [
      '-m',
      'pip',
      'install',
      '-q',
      '-r',
      'requirements.txt',
    ]);
  },
};

async function command(cwd: string, program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, [...args], { cwd, maxBuffer: 64 << 20 });
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout?: string; stderr?: string };
    const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-8).join('\n');
    throw new Error(`${program} ${args[0] ?? ''} failed: ${said === '' ? String(cause) : said}`, {
      cause,
    });
  }
}
