// The rendered samples of every page, state and language that the demo serves under /dev/samples.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const WIDTHS = [320, 768, 1280];
export const SCHEMES = ['light', 'dark'];

/** What depends on where things stand, and not only on what there is. */
const OF_PLACE = ['color-contrast', 'scrollable-region-focusable', 'target-size'];

/** Every sample as `{ name, locale, url }`. */
export async function samples(page, demo) {
  // The page that sends an answer on by itself would leave before anybody has looked.
  await page.addInitScript(() => { HTMLFormElement.prototype.submit = () => {}; });
  await page.goto(`${demo.issuer}/dev/samples`);
  const links = await page.locator('a[href^="/dev/samples/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  return links.map((href) => {
    const [, , , name, locale] = href.split('/');
    return { name, locale, url: demo.issuer + href };
  });
}

/** Opens a sample. Its own scripts do not run twice: the page is loaded once for all sizes. */
export async function open(page, sample) {
  const response = await page.goto(sample.url);
  if (!response.ok()) throw new Error(`${sample.url} answered ${response.status()}`);
}

/** How each page is looked at now. */
const looks = new WeakMap();

export async function look(page, width, scheme) {
  const now = looks.get(page) ?? {};
  looks.set(page, { width, scheme });
  if (now.width !== width) await page.setViewportSize({ width, height: 900 });
  // Without motion: a look half-way between two schemes would see colours that no one meets.
  if (now.scheme !== scheme) await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
}

/** Puts axe into the page, once for all looks at it. */
export async function bringAxe(page) {
  await page.evaluate(axe);
}

/** How each element is laid out: where this is the same, a page of another width has nothing else to say. */
export function layout(page) {
  return page.evaluate(() => [...document.body.querySelectorAll('*')].map((element) => `${getComputedStyle(element).display} ${element.checkVisibility({ visibilityProperty: true })}`).join());
}

/** What a page is made of, all but its words: where this is the same, another language has nothing else to say. */
export function bones(page) {
  return page.evaluate(() => {
    const words = ['dir', 'href', 'action', 'content', 'title', 'alt', 'placeholder', 'value', 'aria-label', 'datetime'];
    const attribute = ({ name, value }) => `${name}=${words.includes(name) || name.startsWith('data-') ? value.trim() !== '' : value}`;
    // Which language it is shows in the choice of languages.
    const tells = (element) => ({ name }) => !(name === 'aria-current' && element.matches('button[name=locale]')) && element !== document.documentElement;
    const says = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
    return [...document.querySelectorAll('*')].map((element) => `${element.localName} ${[...element.attributes].filter(tells(element)).map(attribute).join(' ')} ${says(element)}`).join('\n');
  });
}

/**
 * What axe finds wrong with the page as it stands, a line each. `place`: what depends on places alone; `colours`:
 * nothing but the colours, or all but them.
 */
export function violations(page, { place = false, colours } = {}) {
  const only = colours === true ? ['color-contrast'] : place ? OF_PLACE : undefined;
  const options = {
    runOnly: only ? { type: 'rule', values: only } : { type: 'tag', values: TAGS },
    rules: colours === false ? { 'color-contrast': { enabled: false } } : {},
    resultTypes: ['violations'],
    elementRef: false,
  };
  return page.evaluate(async (options) => {
    const { violations } = await globalThis.axe.run(document, options);
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')} (${failureSummary.split('\n').slice(1, 2).join('').trim()})`));
  }, options);
}

/** Keeps a picture where somebody asked for them. */
export async function picture(page, name) {
  if (!process.env.VOUCHSAFE_TEST_PICTURES) return;
  const folder = fileURLToPath(new URL('../out/pages/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: true, animations: 'disabled' });
}
