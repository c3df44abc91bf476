// axe on every page in every state: all five languages at one size, English and Arabic at every width, English in
// the dark as well. On the way, what axe does not see and needs no other page: how it is put together, and whether
// anything is outside a narrow window.
import { test, expect } from '../support/fixtures.js';
import { habits, outside } from '../support/layout.js';
import { look, open, picture, samples, SCHEMES, violations, WIDTHS } from '../support/samples.js';

// A trace of a thousand looks costs more than the looks.
test.use({ trace: 'off' });

const SHARES = 4;

for (let share = 0; share < SHARES; share += 1) {
  test(`axe finds nothing, every page is put together well and stays in a narrow window (share ${share + 1} of ${SHARES})`, async ({ page, demo }) => {
    test.setTimeout(600_000);
    const all = await samples(page, demo);
    expect(all.length, 'the demo serves its samples').toBeGreaterThan(50);
    const found = [];
    for (const sample of all.filter((_, at) => at % SHARES === share)) {
      const everywhere = ['en', 'ar'].includes(sample.locale);
      await look(page, 1280, 'light');
      await open(page, sample);
      // Before axe, which leaves marks of its own.
      for (const habit of await page.evaluate(habits)) found.push(`${sample.name} ${sample.locale}: ${habit}`);
      for (const width of WIDTHS) {
        for (const scheme of sample.locale === 'en' ? SCHEMES : ['light']) {
          const seen = [];
          await look(page, width, scheme);
          // In the dark nothing but the colours is another, and in other languages nothing but the words.
          if (scheme === 'dark') seen.push(...await violations(page, ['color-contrast']));
          else if (everywhere || width === 1280) seen.push(...await violations(page));
          if (scheme === 'light' && width === 320) seen.push(...await page.evaluate(outside));
          for (const violation of seen) found.push(`${sample.name} ${sample.locale} ${width} ${scheme}: ${violation}`);
          const kept = [['en', 1280, 'light'], ['en', 320, 'dark'], ['ar', 320, 'light']];
          if (kept.some((each) => each.join() === [sample.locale, width, scheme].join())) {
            await picture(page, `${sample.name}-${sample.locale}-${width}-${scheme}`);
          }
        }
      }
    }
    expect(found, found.join('\n')).toEqual([]);
  });
}

test('the samples are of every page in five languages', async ({ page, demo }) => {
  const all = await samples(page, demo);
  const names = new Set(all.map(({ name }) => name));
  expect(new Set(all.map(({ locale }) => locale))).toEqual(new Set(['en', 'de', 'es', 'fr', 'ar']));
  // The console and the pages for developers speak English alone.
  const english = [...names].filter((name) => /^(admin|developers)-/.test(name)).length;
  expect(all.length).toBe((names.size - english) * 5 + english);
});
