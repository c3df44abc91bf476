// Every page in every state, opened once: axe, how it is put together, whether all of it is reached and seen by the
// keyboard, and whether anything is lost in a narrow window, with large or with wide text. A look is left out where it could
// say nothing else: colours depend on no words, and in the dark nothing but colours is another; at another width only what
// stands elsewhere is, unless something is laid out in another way.
import { test, expect } from '../support/fixtures.js';
import { doubleText, focus, habits, outside, usualText, wideText } from '../support/layout.js';
import { bones, bringAxe, layout, look, open, picture, samples, violations } from '../support/samples.js';

// A trace of a thousand looks costs more than the looks.
test.use({ trace: 'off' });

const SHARES = 8;
/** The languages looked at in every window: the shortest words, the longest, and from right to left. */
const EVERYWHERE = ['en', 'ar', 'de'];

/** At the usual width: everything; of a language like others, only its words if the page is made as in English. */
async function widely(page, { name, locale }, english, found) {
  await look(page, 1280, 'light');
  // Before axe, which leaves marks of its own.
  found('1280', await page.evaluate(habits));
  const language = await page.locator('html').getAttribute('lang');
  if (language !== locale) found('1280', [`lang is ${language}`]);
  const made = await bones(page);
  if (locale === 'en') english.set(name, made);
  const isAlike = !['en', 'ar'].includes(locale) && made === english.get(name);
  if (isAlike && !EVERYWHERE.includes(locale)) return undefined;
  await bringAxe(page);
  if (!isAlike) found('1280', await violations(page, ['en', 'ar'].includes(locale) ? {} : { colours: false }));
  const usual = EVERYWHERE.includes(locale) ? await layout(page) : undefined;
  if (locale === 'en') {
    await picture(page, `${name}-en-1280-light`);
    await look(page, 1280, 'dark');
    found('1280 dark', await violations(page, { colours: true }));
    await picture(page, `${name}-en-1280-dark`);
    await look(page, 1280, 'light');
  }
  if (usual) {
    found('1280 large', await page.evaluate(doubleText));
    found('1280 large', await page.evaluate(outside));
    await page.evaluate(usualText);
  }
  return usual;
}

/** At another width: what may be different there. */
async function narrowly(page, { name, locale }, width, usual, found) {
  await look(page, width, 'light');
  const isAlike = await layout(page) === usual;
  found(width, await violations(page, { place: isAlike, colours: locale === 'en' ? undefined : false }));
  if (!isAlike && locale === 'en') {
    await look(page, width, 'dark');
    found(`${width} dark`, await violations(page, { colours: true }));
    await look(page, width, 'light');
  }
  if (width > 320) return;
  await picture(page, `${name}-${locale}-320-light`);
  found(width, await page.evaluate(outside));
  found(width, await page.evaluate(focus));
  await page.evaluate(wideText);
  found(`${width} wide`, await page.evaluate(outside));
}

for (let share = 0; share < SHARES; share += 1) {
  test(`axe finds nothing, every page is put together well, and nothing is lost in any window (share ${share + 1} of ${SHARES})`, async ({ page, demo }) => {
    test.setTimeout(600_000);
    const all = await samples(page, demo);
    expect(all.length, 'the demo serves its samples').toBeGreaterThan(50);
    const wrong = [];
    const [names, english] = [[...new Set(all.map(({ name }) => name))], new Map()];
    const own = all.filter(({ name }) => names.indexOf(name) % SHARES === share);
    for (const sample of own.sort((a, b) => (b.locale === 'en') - (a.locale === 'en'))) {
      const found = (where, what) => wrong.push(...what.map((line) => `${sample.name} ${sample.locale} ${where}: ${line}`));
      await look(page, 1280, 'light');
      await open(page, sample);
      const usual = await widely(page, sample, english, found);
      if (usual && sample.locale !== 'de') await narrowly(page, sample, 768, usual, found);
      if (usual) await narrowly(page, sample, 320, usual, found);
    }
    expect(wrong, wrong.join('\n')).toEqual([]);
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
