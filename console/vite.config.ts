import { defineConfig } from 'vite'

// `npm exec -w console vite` serves the console with fresh sources. It needs a server on port 3000 (or TALAD_BASE_URL).

export default defineConfig({
  base: '/console/',
  // The server replaces this word in index.html by a nonce for each response.
  html: { cspNonce: 'NONCE-OF-THIS-RESPONSE' },
  build: {
    target: 'es2023',
    // Data URIs would need another rule in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', proxy: { '/api': process.env.TALAD_BASE_URL ?? 'http://127.0.0.1:3000' } },
})
