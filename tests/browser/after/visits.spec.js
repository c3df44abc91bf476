// Every page the router knows was seen by a journey: without scripts and by the keyboard alone, unless a passkey or a key
// is what the page is about. The table of who saw what is out/visits.md.
import { writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { pages } from '../support/routes.js';
import { drawn, seen } from '../support/visits.js';

/** Pages that do nothing without scripts. */
const WEBAUTHN = ['/i/{id}/security-key', '/i/{id}/enrol/passkey', '/i/{id}/enrol/security-key'];

test('every page of the router is seen by a journey, and by one without scripts and a mouse', async ({}, info) => {
  const table = seen(info, pages());
  writeFileSync(new URL('../out/visits.md', import.meta.url), drawn(table));
  const missed = (by) => [...table].filter(([, who]) => who[by].size === 0).map(([page]) => page);
  expect(missed('specs'), 'pages no journey sees').toEqual([]);
  expect(missed('plainly').filter((page) => !WEBAUTHN.includes(page)), 'pages no journey sees without scripts and a mouse').toEqual([]);
});
