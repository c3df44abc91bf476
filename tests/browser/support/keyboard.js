// Going through a page with the Tab key, as somebody does who has no mouse.
import { expect } from '@playwright/test';

/** Presses Tab until the element has the focus; each stop on the way must be visible as one. */
export async function tabTo(page, id) {
  for (let stops = 0; stops < 40; stops += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const style = getComputedStyle(element);
      const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
      const box = element.getBoundingClientRect();
      const middle = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 10)];
      const top = document.elementFromPoint(...middle);
      return { id: element.id, what: element.outerHTML.slice(0, 80), ring, covered: !top || !(element.contains(top) || top.contains(element)) };
    });
    if (!stop) continue;
    expect(stop.ring, `focus is to be seen on ${stop.what}`).toBe(true);
    expect(stop.covered, `nothing covers ${stop.what}`).toBe(false);
    if (stop.id === id) return;
  }
  throw new Error(`#${id} is not reached by Tab on ${page.url()}`);
}
