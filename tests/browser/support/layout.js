// What axe does not see: clipped text, things out of the window, small targets, wrong autofill words. Run in the page.

/** Elements that stick out of the window, unless they scroll in a box of their own or are there for readers only. */
export function outside() {
  const width = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > width) found.push(`the page scrolls sideways: ${document.documentElement.scrollWidth} of ${width}`);
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || style.visibility === 'hidden' || style.clipPath !== 'none') continue;
    const hiddenUntilFocused = element.closest('.skip, .visually-hidden, .off') || element.closest('svg') !== null && element.tagName !== 'svg';
    const scrolls = element.parentElement?.closest('*') && [...ancestors(element)].some((parent) => ['auto', 'scroll'].includes(getComputedStyle(parent).overflowX));
    if (hiddenUntilFocused || scrolls) continue;
    if (box.left < -0.5 || box.right > width + 0.5) found.push(`outside: ${describe(element)} from ${Math.round(box.left)} to ${Math.round(box.right)} of ${width}`);
    const clips = ['hidden', 'clip'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    if (clips && element.textContent.trim()) found.push(`clipped: ${describe(element)}`);
  }
  return found;

  function* ancestors(element) {
    for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) yield parent;
  }
  function describe(element) {
    return `<${element.tagName.toLowerCase()}${element.id ? ` id=${element.id}` : ''} class="${element.getAttribute('class') ?? ''}"> ${element.textContent.trim().slice(0, 40)}`;
  }
}

/** What is wrong with how the page is put together. */
export function habits() {
  const found = [];
  const tokens = new Set(['on', 'off', 'username', 'current-password', 'new-password', 'one-time-code', 'email', 'name', 'given-name', 'family-name', 'tel', 'bday']);
  // A field out of sight that tells password managers whose password it is takes no part in what people meet.
  const met = (element) => element.closest('[aria-hidden=true]') === null;
  for (const field of [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(met)) {
    const words = (field.getAttribute('autocomplete') ?? '').split(/\s+/).filter(Boolean);
    if (words.at(-1) === 'webauthn') words.pop();
    if (words.length !== 1 || !tokens.has(words[0])) found.push(`#${field.id}: autocomplete "${field.getAttribute('autocomplete')}"`);
    if (!field.labels?.length) found.push(`#${field.id} has no label`);
    if (field.hasAttribute('placeholder')) found.push(`#${field.id} has a placeholder`);
    for (const id of (field.getAttribute('aria-describedby') ?? '').split(/\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) found.push(`#${field.id} is described by #${id}, which is not there`);
    }
    if (field.type === 'password' && field.value) found.push(`#${field.id} gives a password back`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) found.push(`#${id} is there twice`);
  const wrong = document.querySelector('[aria-invalid=true], .errors[role=alert]');
  if (document.documentElement.lang === 'en' && Boolean(wrong) !== document.title.startsWith('Error: ')) found.push(`title "${document.title}" ${wrong ? 'hides' : 'claims'} an error`);
  for (const link of document.querySelectorAll('[role=alert] a[href^="#"]')) {
    if (!document.getElementById(link.hash.slice(1))) found.push(`the error summary leads to ${link.hash}, which is not there`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} h1`);
  if (document.querySelectorAll('[style], [onclick]').length) found.push('an inline style or handler');
  if (document.querySelector('script:not([src]):not([type="application/json"])')) found.push('an inline script');
  for (const element of document.querySelectorAll('[src], link[href]')) {
    const url = new URL(element.src || element.href, location.href);
    if (url.origin !== location.origin) found.push(`${element.tagName} from ${url.origin}`);
  }
  const rtl = document.documentElement.dir === 'rtl';
  if (rtl !== /^(ar|he|fa|ur)\b/.test(document.documentElement.lang)) found.push(`lang ${document.documentElement.lang} runs ${document.documentElement.dir}`);
  for (const target of document.querySelectorAll('button, a[href], input:not([type=hidden]), select, summary')) {
    const box = target.getBoundingClientRect();
    if (!box.width || !target.checkVisibility() || !met(target) || target.closest('.skip')) continue;
    const control = !target.closest('footer') && (target.matches('a.primary, a.second') || /BUTTON|INPUT|SELECT/.test(target.tagName)) && !['checkbox', 'radio'].includes(target.type);
    const inText = target.tagName === 'A' && target.closest('p, li')?.textContent.trim() !== target.textContent.trim();
    const least = control ? 44 : inText ? 0 : 24;
    if (box.height < least - 0.5) found.push(`target of ${Math.round(box.height)} px: ${target.id ? `#${target.id}` : target.outerHTML.slice(0, 80)}`);
  }
  return found;
}

/** Controls that show no focus, take none, or have something over them; and orders that are not the page's own. */
export function focus() {
  const found = [];
  const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
  for (const element of document.querySelectorAll(controls)) {
    const what = element.id ? `#${element.id}` : element.outerHTML.slice(0, 80);
    if (element.tabIndex > 0) found.push(`${what} has an order of its own`);
    if (element.tabIndex < 0 || element.disabled || !element.checkVisibility({ visibilityProperty: true })) continue;
    element.focus({ focusVisible: true });
    const style = getComputedStyle(element);
    // A mail has the browser's own ring.
    const ring = style.outlineStyle === 'auto' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
    if (document.activeElement !== element) found.push(`${what} takes no focus`);
    else if (!ring) found.push(`${what} shows no focus`);
    const box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 10));
    if (!top || !(element.contains(top) || top.contains(element))) found.push(`${what} is covered`);
  }
  document.activeElement?.blur();
  return found;
}

/** What is out of the window with text at twice its size, as a browser's own setting makes it. */
export function doubleText() {
  document.documentElement.style.fontSize = '200%';
  const size = parseFloat(getComputedStyle(document.body).fontSize);
  return size >= 32 ? [] : [`text at 200 % is ${size} px: sizes are not in rem`];
}

/** Text in its own size again. */
export function usualText() {
  document.documentElement.removeAttribute('style');
}

/** The spacing of WCAG 1.4.12. */
export function wideText() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
