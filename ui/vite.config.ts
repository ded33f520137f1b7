import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The translations are in locales/, outside this directory, because provision reads them too.
  server: { fs: { allow: ['..'] }, port: 1420, strictPort: true },
  build: { target: ['es2022', 'safari16'], modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'] },
});
