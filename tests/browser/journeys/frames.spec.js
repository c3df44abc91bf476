// Signing out of one app tells the others in frames: each hears once, of this session, and the browser goes back when they have.
import { expect, PLAIN, test } from '../support/fixtures.js';
import { RelyingParty } from '../support/relying.js';

/** A clinician signed in to two apps, about to sign out of the first. */
async function signedIn(visit, demo, options) {
  const [ward, board] = [await RelyingParty.start(demo, 'Ward screen'), await RelyingParty.start(demo, 'Rota board')];
  const clinician = await visit(demo.clinician, options);
  for (const app of [ward, board]) {
    await clinician.page.goto(app.begins);
    await clinician.answersUntil('h1:text("Signed in")');
    await expect(clinician.page).toHaveURL(new RegExp(`^${app.origin}/callback`));
  }
  const stop = () => Promise.all([ward.stop(), board.stop()]);
  const hears = async (app) => {
    await expect.poll(() => app.framed).toEqual([{ iss: demo.issuer, sid: app.claims.sid }]);
  };
  return { clinician, ward, board, hears, stop };
}

test('the browser goes back when every other app has heard', async ({ visit, demo }) => {
  const { clinician, ward, board, hears, stop } = await signedIn(visit, demo);
  try {
    const goOn = board.holds();
    await clinician.page.goto(ward.ends, { waitUntil: 'commit' });
    await hears(board);
    await clinician.sees('continue');
    await expect(clinician.page.locator('main')).toContainText('Rota board');
    expect(new URL(clinician.page.url()).pathname, 'it waits for the frame').toBe('/logout');
    goOn();
    await expect(clinician.page).toHaveURL(`${ward.origin}/bye?state=over`);
    expect(board.ran, 'its script ran in the frame').toEqual(['true']);
    expect(board.framed).toHaveLength(1);
  } finally {
    await stop();
  }
});

test('an app that does not answer keeps nobody for longer than five seconds', async ({ visit, demo }) => {
  const { clinician, ward, board, hears, stop } = await signedIn(visit, demo);
  try {
    board.holds();
    const { page } = clinician;
    // Its time stands still, until it is told to go on.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.goto(ward.ends, { waitUntil: 'commit' });
    await hears(board);
    await clinician.sees('continue');
    await page.waitForFunction(() => document.readyState === 'interactive');
    await page.clock.runFor(4_900);
    expect(new URL(page.url()).pathname).toBe('/logout');
    await page.clock.runFor(200);
    await expect(page).toHaveURL(`${ward.origin}/bye?state=over`);
    expect(board.ran).toEqual([]);
  } finally {
    await stop();
  }
});

test('without scripts the frames are loaded, and a link leads back', async ({ visit, demo }) => {
  const { clinician, ward, board, hears, stop } = await signedIn(visit, demo, PLAIN);
  try {
    await clinician.page.goto(ward.ends);
    await hears(board);
    await expect(clinician.page.locator('main')).toContainText('Rota board');
    await clinician.press('continue');
    await expect(clinician.page).toHaveURL(`${ward.origin}/bye?state=over`);
  } finally {
    await stop();
  }
});
