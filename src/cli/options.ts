import { Option, type Command } from 'commander';

export interface TaskOptions {
  readonly config: string;
  readonly task?: readonly string[];
}

export interface StreamingOptions extends TaskOptions {
  readonly http?: string;
  readonly until?: string;
  readonly from?: string;
  readonly force?: boolean;
  /** Given by a tailrace that runs several tasks to the processes of each. */
  readonly supervised?: boolean;
  readonly waitForLock?: boolean;
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

/** An option that may be given more than once. */
export function addRepeatable(command: Command, flags: string, description: string): Command {
  return command.option(flags, description, collect);
}

export function addTaskOptions(command: Command): Command {
  command.option('-c, --config <file>', 'configuration file', './tailrace.toml');
  return addRepeatable(command, '--task <name>', 'this task only (repeatable; default: all)');
}

/** `tailrace -c FILE run` and `tailrace position -c FILE show` mean the same as -c at the end. */
export function addConfigOption(command: Command): void {
  command.addOption(new Option('-c, --config <file>').hideHelp());
}

/** Called before a command's action: the nearest -c counts. */
export function takeConfigOfParents(command: Command): void {
  if (command.getOptionValueSource('config') !== 'default') return;
  for (let parent = command.parent; parent !== null; parent = parent.parent) {
    const config: unknown = parent.opts()['config'];
    if (typeof config !== 'string') continue;
    command.setOptionValueWithSource('config', config, 'cli');
    return;
  }
}

export function addStreamingOptions(command: Command): Command {
  return addTaskOptions(command)
    .option('--http <address>', 'listen here instead of [http] listen; "" for off')
    .option(
      '--until <place>',
      'head: catch up to where the source stands now, then end; or a position to end at',
    )
    .option('--from <position>', 'begin here; with --force even if there is a checkpoint')
    .option('--force', 'let --from replace the checkpoint')
    .addOption(new Option('--supervised').hideHelp());
}
