// A code app: RFC 6238 with SHA-1, six digits and steps of 30 seconds, each step used once.
import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

const STEP = 30;

export function code(key, step) {
  const bits = [...key.toUpperCase().replace(/[^A-Z2-7]/g, '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

export class Codes {
  constructor(key) {
    this.key = key;
    this.used = 0;
  }

  /**
   * A code that was not used before. One step early and one step late are accepted, so three codes can follow each
   * other at once; the fourth waits for its time.
   */
  async next() {
    for (;;) {
      const now = Date.now() / 1000;
      const step = Math.floor(now / STEP);
      const stillLasts = STEP - (now % STEP) > 8;
      const candidate = Math.max(this.used + 1, stillLasts ? step - 1 : step);
      if (candidate <= step + 1) {
        this.used = candidate;
        return code(this.key, candidate);
      }
      await wait(200);
    }
  }

  /** A code that is wrong at every step near now. */
  wrong() {
    const step = Math.floor(Date.now() / 1000 / STEP);
    const right = [-2, -1, 0, 1, 2].map((near) => code(this.key, step + near));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((guess) => !right.includes(guess));
  }
}
