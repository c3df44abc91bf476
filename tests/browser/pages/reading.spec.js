// How hard the words are: every page that patients meet reads at grade 6 or below (Flesch-Kincaid), as the English
// samples stand on the screen. The console and the pages for developers speak to people of the trade.
import { fleschKincaid } from 'flesch-kincaid';
import { syllable } from 'syllable';
import { test, expect } from '../support/fixtures.js';
import { open, samples } from '../support/samples.js';

const GRADE = 6;
/** Fewer words than this say too little about a page alone; they count in the whole. */
const ENOUGH = 30;
const OF_THE_TRADE = /^(admin|demo|dev|developers)-/;

/** What a person reads, a line a block; what is folded away as well. */
function lines() {
  for (const folded of document.querySelectorAll('details')) folded.open = true;
  for (const unread of document.querySelectorAll('code, kbd, samp, output, select, .qr, [lang]:not(html)')) unread.remove();
  return document.querySelector('main').innerText.split('\n').map((line) => line.trim()).filter(Boolean);
}

/** Sentences, words and syllables; four words without a full stop are a sentence too. Names and dates do not count. */
function measure(lines) {
  const sentences = lines.flatMap((line) => line.split(/(?<=[.!?])\s+/)).filter((text) => text.split(/\s+/).length >= 4);
  const words = sentences.flatMap((text) => text.replace(/\S+[@.]\S+/g, '').match(/[\p{L}'’-]+/gu)?.filter((word, at) => at === 0 || !/^\p{Lu}/u.test(word)) ?? []);
  return { sentence: sentences.length, word: words.length, syllable: words.reduce((sum, word) => sum + syllable(word), 0), sentences };
}

test('what patients read is at grade 6 or below', async ({ page, demo }) => {
  test.setTimeout(300_000);
  const hard = [];
  const everything = new Set();
  for (const sample of (await samples(page, demo)).filter(({ name, locale }) => locale === 'en' && !OF_THE_TRADE.test(name))) {
    await open(page, sample);
    const read = await page.evaluate(lines);
    for (const line of read) everything.add(line);
    const counted = measure(read);
    const grade = fleschKincaid(counted);
    if (counted.word >= ENOUGH && grade > GRADE) hard.push(`${sample.name}: ${grade.toFixed(1)}: ${counted.sentences.join(' | ')}`);
  }
  const whole = measure([...everything]);
  expect(whole.word, 'there is something to read').toBeGreaterThan(1_000);
  expect(fleschKincaid(whole), 'all pages together').toBeLessThanOrEqual(GRADE);
  expect(hard, hard.join('\n')).toEqual([]);
});
