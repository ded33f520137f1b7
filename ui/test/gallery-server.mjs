// Serves the gallery on loopback under the app's own Content-Security-Policy, for the tests in real browsers.
import { readFileSync, rmSync } from 'node:fs';
import { build, preview } from 'vite';

const root = new URL('..', import.meta.url).pathname;
const { csp } = JSON.parse(readFileSync(new URL('../../src-tauri/tauri.conf.json', import.meta.url), 'utf8')).app
  .security;

/** Builds the gallery into `folder` and serves it. `close` stops the server and removes the folder. */
export async function serveGallery(folder) {
  await build({
    root,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, rollupOptions: { input: `${root}gallery.html` } },
  });
  const server = await preview({
    root,
    logLevel: 'error',
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port: 4178, strictPort: false, headers: { 'Content-Security-Policy': csp } },
  });
  return {
    url: `${server.resolvedUrls.local[0]}gallery.html`,
    async close() {
      server.httpServer.closeAllConnections();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
