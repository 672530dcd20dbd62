import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { TailraceError } from '../../core/errors.ts';
import { checkConfig } from '../load-config.ts';
import { formatIssue } from '../issue.ts';
import { convertCanal, type CanalInstance } from './canal.ts';
import { convertDataSync } from './data-sync.ts';
import type { ConvertNote, Draft } from './draft.ts';
import { convertMaxwell } from './maxwell.ts';
import { parseProperties } from './properties.ts';

export const CONVERTED_TOOLS = ['data-sync', 'maxwell', 'canal'] as const;
export type ConvertedTool = (typeof CONVERTED_TOOLS)[number];

export interface Converted {
  readonly toml: string;
  readonly notes: readonly ConvertNote[];
}

/** Our configuration for theirs, and what is to be said about it. The files are read, nothing is connected to. */
export function convertFiles(tool: ConvertedTool, paths: readonly string[]): Converted {
  const draft = draftOf(tool, paths);
  const [first = '.'] = paths;
  const checked = checkConfig(draft.toml, { env: () => 'set', baseDir: dirname(resolve(first)) });
  for (const issue of checked.issues ?? [])
    draft.note('', `to be mended by hand: ${formatIssue(issue)}`);
  return { toml: draft.toml, notes: draft.notes };
}

function draftOf(tool: ConvertedTool, paths: readonly string[]): Draft {
  if (tool === 'canal') return canalDraft(paths);
  const [path = '', ...more] = paths;
  if (more.length > 0) {
    throw new TailraceError('USAGE', `convert ${tool} takes one file.`, {
      next: 'Convert them one by one.',
    });
  }
  return tool === 'maxwell' ? convertMaxwell(readText(path)) : convertDataSync(readText(path));
}

/** Instances stand in folders of their own beside canal.properties: conf/NAME/instance.properties. */
function canalDraft(paths: readonly string[]): Draft {
  const servers: string[] = [];
  const instances: CanalInstance[] = [];
  for (const path of paths) {
    const text = readText(path);
    if (isInstance(path, text)) instances.push({ name: basename(dirname(resolve(path))), text });
    else servers.push(path);
  }
  const [server = besideInstance(paths[0] ?? '')] = servers;
  const text = server === undefined ? '' : readText(server);
  if (instances.length === 0 && server !== undefined)
    instances.push(...destinationsOf(server, text));
  return convertCanal(text, instances);
}

function isInstance(path: string, text: string): boolean {
  if (basename(path) === 'canal.properties') return false;
  return (
    basename(path) === 'instance.properties' ||
    parseProperties(text).has('canal.instance.master.address')
  );
}

function besideInstance(path: string): string | undefined {
  const server = join(dirname(dirname(resolve(path))), 'canal.properties');
  return existsSync(server) ? server : undefined;
}

function destinationsOf(server: string, text: string): readonly CanalInstance[] {
  const names = parseProperties(text).get('canal.destinations')?.split(',') ?? [];
  return names.flatMap((one) => {
    const name = one.trim();
    const path = join(dirname(resolve(server)), name, 'instance.properties');
    return name !== '' && existsSync(path) ? [{ name, text: readText(path) }] : [];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new TailraceError('USAGE', `${path} cannot be read (${code}).`, {
      cause,
      next: 'Name the configuration file of the other tool.',
    });
  }
}
