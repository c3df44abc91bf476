// The rendered samples of every page, state and language that the demo serves under /dev/samples.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const WIDTHS = [320, 768, 1280];
export const SCHEMES = ['light', 'dark'];

/** Every sample as `{ name, locale, url }`. */
export async function samples(page, demo) {
  // The page that sends an answer on by itself would leave before anybody has looked.
  await page.route('**/assets/form_post.*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  await page.goto(`${demo.issuer}/dev/samples`);
  const links = await page.locator('a[href^="/dev/samples/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  return links.map((href) => {
    const [, , , name, locale] = href.split('/');
    return { name, locale, url: demo.issuer + href };
  });
}

/** Opens a sample with axe at hand. Its own scripts do not run twice: the page is loaded once for all sizes. */
export async function open(page, sample) {
  const response = await page.goto(sample.url);
  if (!response.ok()) throw new Error(`${sample.url} answered ${response.status()}`);
}

export async function look(page, width, scheme) {
  await page.setViewportSize({ width, height: 900 });
  // Without motion: a look half-way between two schemes would see colours that no one meets.
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
}

/** What axe finds wrong with the page as it stands, a line each; by these rules alone, if any are named. */
export async function violations(page, rules) {
  await page.evaluate(`if (!globalThis.axe) { ${axe} }`);
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ['violations'], elementRef: false });
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')} (${failureSummary.split('\n').slice(1, 2).join('').trim()})`));
  }, rules ? { type: 'rule', values: rules } : { type: 'tag', values: TAGS });
  return found;
}

export async function picture(page, name) {
  const folder = fileURLToPath(new URL('../out/pages/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: true, animations: 'disabled' });
}
