// Which pages the journeys of a run saw: each test leaves a file, and what all of them saw is one table.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pageOf } from './routes.js';

/** The runner empties its folder before it begins, so what lies here is this run's. */
const folder = (info) => join(info.project.outputDir, 'visits');

/** Leaves what one test saw. */
export function keepVisits(info, visits) {
  mkdirSync(folder(info), { recursive: true });
  writeFileSync(join(folder(info), `${info.testId}.json`), JSON.stringify({ spec: basename(info.file, '.spec.js'), visits }));
}

/** The journeys that saw each page, and those of them without scripts and by the keyboard alone. */
export function seen(info, pages) {
  const table = new Map(pages.map((page) => [page, { specs: new Set(), plainly: new Set() }]));
  for (const file of readdirSync(folder(info))) {
    const { spec, visits } = JSON.parse(readFileSync(join(folder(info), file), 'utf8'));
    for (const { path, plain } of visits) {
      const page = table.get(pageOf(path, pages));
      page?.specs.add(spec);
      if (plain) page?.plainly.add(spec);
    }
  }
  return table;
}

/** The same for people to read. */
export function drawn(table) {
  const names = (set) => [...set].sort().join(', ');
  const rows = [...table].map(([page, { specs, plainly }]) => `| \`${page}\` | ${names(plainly)} | ${names(specs)} |`);
  return ['| page | seen without scripts, by the keyboard | seen at all |', '|---|---|---|', ...rows, ''].join('\n');
}
