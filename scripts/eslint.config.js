import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { layers, onlyIn } from './layers.js';

/** Imports that `folder` must not make: other layers, another folder's packages. */
function restrictedImports(folder) {
  const foreign = Object.keys(layers).filter((f) => f !== folder && !layers[folder].includes(f));
  const packages = Object.keys(onlyIn).filter((p) => onlyIn[p] !== folder);
  return {
    patterns: [
      {
        group: foreign.flatMap((f) => [`**/../${f}/**`, `../${f}/**`]),
        message: `src/${folder} may import only: ${layers[folder].join(', ') || 'nothing else'} (scripts/layers.js)`,
      },
    ],
    paths: packages.map((name) => ({ name, message: `only src/${onlyIn[name]} imports ${name}` })),
  };
}

const layerRules = Object.keys(layers).map((folder) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: { 'no-restricted-imports': ['error', restrictedImports(folder)] },
}));

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: `${import.meta.dirname}/..` },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // Numbers in text are fine; objects are not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-console': 'error',
      'max-lines': ['error', { max: 450 }],
      'max-lines-per-function': ['error', { max: 80 }],
      // A flat switch over a union's kinds counts once: it is a table, not twenty decisions.
      complexity: ['error', { max: 12, variant: 'modified' }],
    },
  },
  {
    files: ['test/**/*.ts', 'scripts/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'max-lines': 'off', 'no-console': 'off' },
  },
  ...layerRules,
  {
    files: ['src/**/*.ts'],
    ignores: ['src/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'only main.ts ends the process' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'only src/config reads the environment',
        },
        {
          selector: 'ExportDefaultDeclaration',
          message: 'no default exports',
        },
      ],
    },
  },
);
