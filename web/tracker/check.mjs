// Holds the tracker to its size, and the committed copy to its source.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { bundle } from './build.mjs';

const kGzipBytes = 2048;

test('the tracker is at most 2 KB gzipped', () => {
  const bytes = gzipSync(bundle(), { level: 9 }).length;
  console.log(`${bytes} bytes gzipped, ${bundle().length} as they are`);
  assert.ok(bytes <= kGzipBytes, `${bytes} bytes gzipped, at most ${kGzipBytes} are allowed`);
});

test('dist/weir.js is what the source gives', () => {
  const committed = readFileSync(new URL('dist/weir.js', import.meta.url), 'utf8');
  assert.equal(committed, bundle(), 'run "npm run build" in web/tracker and commit dist/weir.js');
});

test('the tracker runs by itself: nothing is imported, evaluated or fetched as code', () => {
  assert.doesNotMatch(bundle(), /\b(import|require|eval|Function|document\.write|cookie)\b/);
});
