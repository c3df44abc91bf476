// How the journeys run: Debian's Chromium, three at a time (they often wait, for the next code of an app or a mail), traces of what failed kept in out/.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  projects: [
    {
      name: 'journeys',
      // The rendered samples and what every page is made of are the same on every stack: looking
      // once is enough.
      testMatch: ['journeys/*.spec.js', 'pages/*.spec.js'],
      testIgnore: process.env.VOUCHSAFE_TEST_STACK === 'servers' ? ['pages/*.spec.js', 'journeys/hygiene.spec.js'] : [],
    },
    // Looks at what all the journeys saw; runs only with all of them.
    { name: 'after', testMatch: 'after/*.spec.js', dependencies: ['journeys'] },
  ],
  outputDir: 'out/traces',
  workers: 3,
  fullyParallel: true,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [['list', { printSteps: false }], ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ?? 'out/results.json' }]],
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    trace: { mode: 'retain-on-failure', screenshots: false, sources: false },
    screenshot: 'only-on-failure',
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--no-first-run',
      ],
    },
  },
});
