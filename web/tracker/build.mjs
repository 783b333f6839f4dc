// Bundles and minifies the tracker: node build.mjs [FOLDER]; without a folder, the committed copy is written anew.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));

export function bundle() {
  const { outputFiles } = buildSync({
    absWorkingDir: folder,
    entryPoints: ['src/weir.ts'],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2018',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const output = process.argv[2] ?? join(folder, 'dist');
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'weir.js'), bundle());
}
