// Bundles and minifies the live page: node build.mjs FOLDER writes index.html, live.js and live.css.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** The text of an entry point with all it imports. */
export function bundle(entry) {
  const { outputFiles } = buildSync({
    absWorkingDir: folder,
    entryPoints: [join('src', entry)],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const output = process.argv[2];
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'live.js'), bundle('live.ts'));
  writeFileSync(join(output, 'live.css'), bundle('live.css'));
  copyFileSync(join(folder, 'src', 'index.html'), join(output, 'index.html'));
}
