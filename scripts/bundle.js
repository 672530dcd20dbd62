/**
 * Makes one file of the commands and what they import, dist/commands.js, which dist/main.js loads once it
 * listens for signals. Finding, reading and compiling some 600 modules takes most of half a second of the
 * processor at each start, one file a third of that. The modules stay beside it, for whoever reads files or starts workers by a module's own place.
 */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const source = `${root}src/`;

/** Those that every command loads, and nothing but JavaScript. The others may have compiled parts. */
const BUNDLED = new Set([
  '@vlasky/zongji',
  'commander',
  'fzstd',
  'iconv-lite',
  'kafkajs',
  'mysql2',
  'pino',
  'prom-client',
  'smol-toml',
  'zod',
]);
const { dependencies } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

/** Each module of ours keeps its own place, although its code moves. */
const ownPlaces = {
  name: 'own-places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(source)) return undefined;
      const text = await readFile(path, 'utf8');
      const place = `./${relative(source, path).replace(/\.ts$/, '.js')}`;
      const ownUrl = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', ownUrl), loader: 'ts' };
    });
  },
};

const COMMANDS = './cli/program.ts';

/** What main.ts loads is the other file. */
const commandsApart = {
  name: 'commands-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /program\.ts$/ }, ({ path }) =>
      path === COMMANDS ? { path: './commands.js', external: true } : undefined,
    );
  },
};

await bundle('main.ts', 'main.js', [commandsApart]);
await bundle(COMMANDS, 'commands.js', [ownPlaces]);

async function bundle(from, to, plugins) {
  await build({
    entryPoints: [join(source, from)],
    outfile: `${root}dist/${to}`,
    plugins,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
    external: Object.keys(dependencies).filter((name) => !BUNDLED.has(name)),
    // Some packages are CommonJS.
    banner: {
      js: [
        "import { createRequire } from 'node:module';",
        'const require = createRequire(import.meta.url);',
      ].join('\n'),
    },
  });
}
