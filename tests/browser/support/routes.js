// The pages there are, read where the router is told of them: no list to be kept beside it.
import { readFileSync } from 'node:fs';

const web = (file) => readFileSync(new URL(`../../../src/web/${file}`, import.meta.url), 'utf8');

/** The constants of the paths, by name. */
const NAMED = Object.fromEntries([...web('paths.rs').matchAll(/pub const (\w+): &str = "([^"]+)";/g)].map(([, name, path]) => [name, path]));

/** A path as a mount writes it: a constant or a text. */
function path(written) {
  const found = written.startsWith('"') ? written.slice(1, -1) : NAMED[written.replace('paths::', '')];
  if (!found) throw new Error(`${written} is no path this knows`);
  return found;
}

/** Every path a pattern finds in a file; a file that is written in another way now finds too few. */
function among(file, pattern, least) {
  const found = [...web(file).matchAll(pattern)].map(([, written]) => path(written));
  if (found.length < least) throw new Error(`${file} names ${found.length} pages: it is read in a way it is no longer written in`);
  return found;
}

/** Where people come to by a link or a form's answer: the console, their own pages, links from mails, the steps of a sign-in. */
export function pages() {
  const steps = [...web('paths.rs').matchAll(/\(Step::\w+, "([^"]+)"\)/g)].map(([, step]) => `/i/{id}/${step}`);
  if (steps.length < 15) throw new Error('paths.rs names too few steps');
  const extra = [...web('steps/mod.rs').matchAll(/\.route\("([^"]+)", get\(/g)].map(([, written]) => written);
  return [
    ...among('admin/mod.rs', /\.get\(((?:paths::)?\w+|"[^"]+"), Action::/g, 30),
    ...among('account/mod.rs', /\.route\(([\w:]+|"[^"]+"), get\(/g, 15),
    ...among('links.rs', /\.route\(([\w:]+), get\(/g, 2),
    ...among('links.rs', /\(LinkKind::\w+, ([\w:]+)\),/g, 4).map((lead) => `${lead}/{token}`),
    `${NAMED.RECOVER_CANCEL}/{token}`,
    '/not-me/{token}',
    '/device',
    '/device/done',
    NAMED.LOGOUT,
    NAMED.DEVELOPERS,
    NAMED.API_PAGE,
    ...steps,
    ...extra.filter((path) => path.startsWith('/i/{id}/') && path !== '/i/{id}/'),
  ];
}

/** The page an address is of, the one with the fewest variable parts where several fit. */
export function pageOf(address, pages) {
  const fits = (page) => {
    const [wanted, parts] = [page.split('/'), address.split('/')];
    return wanted.length === parts.length && wanted.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]));
  };
  const variable = (page) => page.split('{').length;
  return pages.filter(fits).sort((one, other) => variable(one) - variable(other))[0];
}
