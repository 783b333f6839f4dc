// Bundles src/main.ts or src/check.ts for this Node.js and runs it:
//
//   node build.mjs         writes dashboards/*.json anew
//   node build.mjs check   tests the linter, lints the dashboards, and compares them with what would be written
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));
const checks = process.argv[2] === 'check';
const program = `${folder}node_modules/.cache/weir/${checks ? 'check' : 'main'}.cjs`;

mkdirSync(`${folder}node_modules/.cache/weir`, { recursive: true });
buildSync({
  absWorkingDir: folder,
  entryPoints: [checks ? 'src/check.ts' : 'src/main.ts'],
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'cjs',
  logLevel: 'warning',
  outfile: program,
});
const { status } = spawnSync(process.execPath, [...(checks ? ['--test'] : []), program], {
  cwd: folder,
  stdio: 'inherit',
});
process.exit(status ?? 1);
