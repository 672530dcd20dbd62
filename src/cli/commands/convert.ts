import { convertFiles, type ConvertedTool } from '../../config/convert/convert-file.ts';
import { EXIT_OK, print, type CliIo } from '../io.ts';
import type { AddCommand } from '../program.ts';

const TOOLS: readonly (readonly [ConvertedTool, string, string])[] = [
  ['data-sync', '<file>', "data-sync's TOML file"],
  ['maxwell', '<file>', "Maxwell's config.properties"],
  ['canal', '<file...>', "canal's canal.properties, instance.properties, or both"],
];

export const addConvertCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('convert')
    .description("our configuration for another tool's, and what has no counterpart");
  for (const [tool, file, description] of TOOLS) {
    command
      .command(`${tool} ${file}`)
      .description(description)
      .action((files: string | readonly string[]) => {
        convert(io, tool, typeof files === 'string' ? [files] : files);
        finish(EXIT_OK);
      });
  }
};

/** The configuration alone goes to standard output, so that it can go to a file. */
function convert(io: CliIo, tool: ConvertedTool, files: readonly string[]): void {
  const { toml, notes } = convertFiles(tool, files);
  print(io, `# Made by tailrace convert ${tool}; see what it said besides.\n${toml}`);
  for (const { key, text } of notes)
    io.stderr.write(key === '' ? `${text}\n` : `${key}: ${text}\n`);
}
