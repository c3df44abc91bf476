// What every journey gets: a demo of its own, a person's visit, and a watch over what the browser complains of.
import { test as base, expect } from '@playwright/test';
import { Demo } from './demo.js';
import { keepVisits } from './visits.js';
import { Visit } from './visit.js';

/** Notes whatever a good page never causes (broken policy, scripts that fail, requests to anybody else), and which pages were seen. */
function watch(context, demo, complaints, visits, { keyboard, javaScriptEnabled }) {
  context.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && /content security policy|refused to|uncaught/i.test(text)) complaints.push(text);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('request', (request) => {
    const url = new URL(request.url());
    const ours = [demo.issuer, demo.app, demo.mail, ...demo.apps].some((own) => own && new URL(own).origin === url.origin);
    if (!ours && !['data:', 'blob:', 'about:'].includes(url.protocol)) complaints.push(`asked ${url.origin} for something`);
  });
  const came = (to) => {
    const url = new URL(to);
    if (url.origin === demo.issuer) visits.push({ path: url.pathname, plain: keyboard && javaScriptEnabled === false });
  };
  context.on('response', (response) => {
    const request = response.request();
    if (request.isNavigationRequest() && request.method() === 'GET' && response.status() < 400) came(request.url());
  });
  // A file is no answer to a page's request.
  context.on('page', (page) => page.on('download', (file) => came(file.url())));
}

/** A browser without scripts, and a person without a mouse. */
export const PLAIN = { javaScriptEnabled: false, keyboard: true };

export const test = base.extend({
  /** Whether people go through the pages by the keys alone. */
  keyboard: [false, { option: true }],

  /** Settings of the demo beside its stack, as `VOUCHSAFE__…`. */
  settings: [{}, { option: true }],

  demo: async ({ settings }, use, info) => {
    const demo = await Demo.start(settings);
    await use(demo);
    await demo.stop();
    if (info.status !== info.expectedStatus) await info.attach('messages', { body: demo.messages, contentType: 'text/plain' });
  },

  complaints: async ({}, use) => {
    const complaints = [];
    await use(complaints);
    expect(complaints, 'the browser had nothing to complain of').toEqual([]);
  },

  visits: async ({}, use, info) => {
    const visits = [];
    await use(visits);
    keepVisits(info, visits);
  },

  context: async ({ context, demo, complaints, visits, keyboard, javaScriptEnabled }, use) => {
    watch(context, demo, complaints, visits, { keyboard, javaScriptEnabled });
    await use(context);
  },

  /** `visit(person)`: the person in this test's browser; `visit(person, options)`: in another, made with options. */
  visit: async ({ browser, page, demo, complaints, visits, keyboard, javaScriptEnabled }, use, info) => {
    const others = [];
    await use(async (person, options) => {
      if (!options) return new Visit(page, demo, person, { keyboard });
      const { locale, viewport } = info.project.use;
      const { keyboard: keys, ...rest } = { keyboard, javaScriptEnabled, locale, viewport, ...options };
      const context = await browser.newContext(rest);
      others.push(context);
      watch(context, demo, complaints, visits, { keyboard: keys, ...rest });
      return new Visit(await context.newPage(), demo, person, { keyboard: keys });
    });
    await Promise.all(others.map((context) => context.close()));
  },
});

export { expect };
