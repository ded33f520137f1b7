// @vitest-environment node
// Web views of old tablets: scripts that they can read, and a word where they cannot.
import { readFileSync } from 'node:fs';
import { build } from 'vite';
import { expect, test } from 'vitest';

test('an engine that cannot run the script shows what to do, in both languages', () => {
  const app = readFileSync('index.html', 'utf8').split('<div id="app">')[1];
  for (const language of ['nl', 'en']) {
    expect(app).toMatch(new RegExp(`<div id="old-engine">[^]*<p lang="${language}">[^<]*Android System\\s+WebView`));
  }
  const style = readFileSync('src/style.css', 'utf8');
  expect(style).toMatch(/#old-engine \{[^}]*opacity: 0;[^}]*animation: old-engine 0s 10s forwards;/);
});

test('the built script has no syntax and calls no function that came after 2019', { timeout: 120_000 }, async () => {
  const result = await build({ build: { write: false }, logLevel: 'silent' });
  const outputs = [result].flat().flatMap((part) => ('output' in part ? part.output : []));
  const scripts = outputs.flatMap((part) => (part.type === 'chunk' ? [part.code] : []));
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) {
    expect(script).not.toMatch(/[\w)\]]\?\?|[\w)\]]\?\.[\w[(]|\bstatic\{|[{;]#\w+[=;(]/);
    expect(script).not.toMatch(/\.(replaceChildren|replaceAll|at|findLast|allSettled|hasOwn|structuredClone)\(/);
  }
});
