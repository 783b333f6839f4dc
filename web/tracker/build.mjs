// Bundles and minifies the tracker: node build.mjs [FILE]; without a file, the committed copy is written anew.
import { writeFileSync } from 'node:fs';
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
  writeFileSync(process.argv[2] ?? `${folder}dist/weir.js`, bundle());
}
