// Going through a page with the keys alone, as somebody does who has no mouse: Tab to a thing, see that it is there, press.
import { expect } from '@playwright/test';

const STOPS = 90;

const found = (page, target) => (typeof target === 'string' ? page.locator(`[id="${target}"]`) : target);

/** What has the focus, and whether it is seen to have it. Radio buttons of one name are one stop. Runs in the page. */
function stop(wanted) {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const style = getComputedStyle(element);
  // A mail has the browser's own ring.
  const ring = style.outlineStyle === 'auto' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 10));
  const group = (one) => one?.type === 'radio' && element.type === 'radio' && one.name === element.name && one.form === element.form;
  return {
    there: wanted instanceof Element ? element === wanted || group(wanted) : element.id === wanted,
    // Past the rooms of the console, as people do who go there all day.
    skips: element.matches('.console .skip') && wanted instanceof Element && wanted.closest('main') !== null,
    what: element.outerHTML.slice(0, 80),
    ring,
    covered: !top || !(element.contains(top) || top.contains(element)),
  };
}

/** Presses Tab until the target, an id or a locator, has the focus; each stop on the way must be seen as one. */
export async function tabTo(page, target) {
  const wanted = target === '' ? '' : await found(page, target).elementHandle();
  for (let stops = 0; stops < STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(stop, wanted);
    if (!now) continue;
    expect(now.ring, `focus is to be seen on ${now.what}`).toBe(true);
    expect(now.covered, `nothing covers ${now.what}`).toBe(false);
    if (now.there) return;
    if (now.skips) await page.keyboard.press('Enter');
  }
  throw new Error(`${target} is not reached by Tab on ${page.url()}`);
}

/** A link is followed by Enter, a button pressed by Space, as people do. */
export async function pressByKey(page, target) {
  await tabTo(page, target);
  const element = found(page, target);
  const isLink = await element.evaluate((element) => element.tagName === 'A');
  // It has the focus already; pressed so, what comes of it is waited for.
  await element.press(isLink ? 'Enter' : 'Space');
}

/** Writes over whatever stands in a field. */
export async function typeByKey(page, target, text) {
  await tabTo(page, target);
  await page.keyboard.press('Control+A');
  if (text === '') await page.keyboard.press('Delete');
  else if (text.includes('\n')) await page.keyboard.insertText(text);
  else await page.keyboard.type(text);
}

/** Ticks a box, or chooses among radio buttons with the arrows. */
export async function tickByKey(page, target) {
  await tabTo(page, target);
  const field = found(page, target);
  const isIt = () => field.evaluate((element) => element === document.activeElement);
  for (let choices = 0; choices < 20 && !(await isIt()); choices += 1) await page.keyboard.press('ArrowDown');
  if (!(await field.isChecked()) || (await field.getAttribute('type')) === 'checkbox') await page.keyboard.press('Space');
}

/** Opens the browser's own window for a file, as Space does on its field, and takes one there. */
export async function chooseByKey(page, target, file) {
  await tabTo(page, target);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')]);
  await chooser.setFiles(file);
}

/** Goes down a list of choices until the one with this value is chosen. */
export async function selectByKey(page, target, value) {
  await tabTo(page, target);
  const field = found(page, target);
  const steps = await field.evaluate((select, value) => [...select.options].findIndex((option) => option.value === value) - select.selectedIndex, value);
  for (let step = 0; step < Math.abs(steps); step += 1) await page.keyboard.press(steps > 0 ? 'ArrowDown' : 'ArrowUp');
  await expect(field).toHaveValue(value);
}
