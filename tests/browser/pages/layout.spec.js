// What axe does not see, on every page in every state: nothing clipped or outside, wherever and however it is read.
import jsqr from 'jsqr';
import { test, expect } from '../support/fixtures.js';
import { doubleText, outside, wideText } from '../support/layout.js';
import { look, open, samples } from '../support/samples.js';

// A trace of a thousand looks costs more than the looks.
test.use({ trace: 'off' });

/** Looks at every sample of some languages and names what `check` finds. */
async function everySample(page, demo, locales, check) {
  test.setTimeout(300_000);
  const found = [];
  for (const sample of (await samples(page, demo)).filter(({ locale }) => locales.includes(locale))) {
    await open(page, sample);
    for (const what of await check(sample)) found.push(`${sample.name} ${sample.locale}: ${what}`);
  }
  expect(found, found.join('\n')).toEqual([]);
}

test('nothing is lost with text at twice its size', async ({ page, demo }) => {
  await look(page, 1280, 'light');
  await everySample(page, demo, ['en', 'ar', 'de'], async () => [...await page.evaluate(doubleText), ...await page.evaluate(outside)]);
});

test('nothing is lost with wide spacing at 320 pixels', async ({ page, demo }) => {
  await look(page, 320, 'light');
  await everySample(page, demo, ['en', 'ar', 'de'], async () => {
    await page.evaluate(wideText);
    return page.evaluate(outside);
  });
});

test('the QR code is read from the screen, in light, dark and forced colours', async ({ page, demo, visit }) => {
  const patient = await visit(demo.patient);
  await patient.begins();
  await patient.answersUntil('#enrol-totp');
  await patient.press('enrol-totp');
  await patient.sees('totp-key');
  const key = (await patient.get('totp-key').textContent()).replace(/\s/g, '');
  const canvas = await page.context().newPage();
  for (const media of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { colorScheme: 'dark', forcedColors: 'active' }]) {
    await page.emulateMedia(media);
    const shot = await page.locator('.qr').screenshot();
    const { data, width, height } = await canvas.evaluate(async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const surface = new OffscreenCanvas(image.width, image.height).getContext('2d');
      surface.drawImage(image, 0, 0);
      return { data: [...surface.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
    }, shot.toString('base64'));
    const text = jsqr.default ? jsqr.default(Uint8ClampedArray.from(data), width, height) : jsqr(Uint8ClampedArray.from(data), width, height);
    expect(text?.data, JSON.stringify(media)).toMatch(/^otpauth:\/\/totp\//);
    expect(new URL(text.data).searchParams.get('secret')).toBe(key);
  }
});
