import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The words lie beside the pages, for the command line reads them too.
  server: { fs: { allow: ['..'] }, port: 1420, strictPort: true },
  build: { target: ['es2022', 'safari16'], modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'] },
});
