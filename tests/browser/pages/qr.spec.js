// The QR code, as a camera meets it. (How every page is laid out is looked at in accessibility.spec.js.)
import jsqr from 'jsqr';
import { test, expect } from '../support/fixtures.js';

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
