import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Reply } from './reply.ts';

/** In this order: one script, so that the page is one document and works behind any path of a proxy. */
const SCRIPTS = ['format.js', 'charts.js', 'page.js'] as const;

let page: Reply | undefined;

/** The page for people. Nothing runs but what its own hash names: a name or an error text can't become code. */
export function pageReply(): Reply {
  page ??= assemble();
  return page;
}

function assemble(): Reply {
  const script = SCRIPTS.map(read).join('\n');
  const style = read('page.css');
  const body = read('page.html')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    code: 200,
    type: 'text/html; charset=utf-8',
    body,
    headers: { 'content-security-policy': policy.join('; '), 'x-frame-options': 'DENY' },
  };
}

function read(name: string): string {
  return readFileSync(new URL(`../page/${name}`, import.meta.url), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
