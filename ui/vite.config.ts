import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The translations are in locales/, outside this directory, because provision reads them too.
  server: { fs: { allow: ['..'] }, port: 1420, strictPort: true },
  // Android 8 came with Chromium 58 to 70 as its web view, and tablets without Google Play keep what they came with.
  // `tsconfig.json` has the same year, so that no script calls what such an engine lacks.
  build: { target: ['es2019', 'chrome70', 'safari16'], modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'] },
});
