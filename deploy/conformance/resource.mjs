#!/usr/bin/env node
// A protected resource for the plans of FAPI 2.0 whose tokens /userinfo has no use for: those of plain OAuth 2.0, and of
// clients that speak for themselves. It asks the provider about each token (RFC 7662) and insists on what the token is
// bound to: a proof of the DPoP key (RFC 9449), or the certificate of the connection (RFC 8705). For tests alone.
import { createHash, createPublicKey, constants, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Seconds a proof may be old, and may be ahead. */
const WINDOW = 60;
const AHEAD = 15;

class Refused extends Error {}

/** Serves an installation's resource; the server, once it listens. */
export async function serve(folder, { bind = '0.0.0.0' } = {}) {
  const at = (name) => readFileSync(join(folder, name));
  const own = { ...JSON.parse(at('resource.json')), ca: at('ca.crt'), seen: new Map() };
  const tls = {
    cert: at('provider.crt'), key: at('provider.key'), minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false,
    ciphers: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
      'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'].join(':'),
  };
  const server = https.createServer(tls, async (request, response) => {
    const answer = (status, headers, body) => {
      const echoed = request.headers['x-fapi-interaction-id'];
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...(echoed && { 'x-fapi-interaction-id': echoed }), ...headers });
      response.end(JSON.stringify(body));
    };
    try {
      const { sub, scope, client_id } = await shown(own, request);
      answer(200, {}, { sub, scope, client_id });
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      const status = error instanceof Refused ? 401 : 503;
      answer(status, status === 401 ? { 'www-authenticate': `DPoP error="invalid_token", error_description="${error.message}"` } : {}, { error: 'invalid_token' });
    }
  });
  await new Promise((done, failed) => { server.once('error', failed).listen(new URL(own.url).port, bind, done); });
  return server;
}

/** What the provider says of the token of a request, whose sender holds what the token is bound to. */
async function shown(own, request) {
  const headers = request.headersDistinct.authorization ?? [];
  const [, scheme, token] = (headers.length === 1 && headers[0].match(/^(dpop|bearer) +([\w.~+/-]+=*)$/i)) || [];
  if (!token) throw new Refused('send one access token in the Authorization header');
  const told = await introspected(own, token);
  if (!told.active) throw new Refused('the token is not active');
  const bond = told.cnf ?? {};
  if (bond.jkt && scheme.toLowerCase() === 'dpop') {
    if (prove(own, request, token) !== bond.jkt) throw new Refused('the proof is of another key');
  } else if (bond['x5t#S256'] && scheme.toLowerCase() === 'bearer') {
    const { raw } = request.socket.getPeerCertificate();
    if (!raw || hash(raw) !== bond['x5t#S256']) throw new Refused('the connection was made with another certificate');
  } else throw new Refused('the token is bound in no way that was shown');
  return told;
}

function introspected({ issuer, client_id, client_secret, ca }, token) {
  const body = new URLSearchParams({ token }).toString();
  const authorization = `Basic ${Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) };
  return new Promise((done, failed) => {
    const asked = https.request(`${issuer}/introspect`, { method: 'POST', headers, ca }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part)).on('error', failed);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        if (response.statusCode === 200) done(JSON.parse(text));
        else failed(new Error(`/introspect answered ${response.statusCode}: ${text}`));
      });
    });
    asked.on('error', failed).end(body);
  });
}

const hash = (bytes) => createHash('sha256').update(bytes).digest('base64url');
const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
const MEMBERS = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] };
const ALGORITHMS = {
  ES256: ['EC', 'sha256', { dsaEncoding: 'ieee-p1363' }],
  PS256: ['RSA', 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }],
  EdDSA: ['OKP', null, {}],
};

/** The thumbprint of the key whose proof came with a request (RFC 9449 §4.3). */
function prove(own, request, token) {
  const proofs = request.headersDistinct.dpop ?? [];
  if (proofs.length !== 1) throw new Refused('send one proof');
  const { header, claims } = signed(proofs[0]);
  const here = new URL(own.url);
  const named = URL.canParse(claims.htu) ? new URL(claims.htu) : undefined;
  const now = Date.now() / 1000;
  const fits = claims.htm === request.method && named?.origin === here.origin && named.pathname === here.pathname
    && typeof claims.iat === 'number' && claims.iat > now - WINDOW && claims.iat < now + AHEAD && claims.ath === hash(token);
  if (!fits) throw new Refused('the proof is of another request');
  const jwk = header.jwk;
  const key = hash(JSON.stringify(Object.fromEntries(MEMBERS[jwk.kty].map((name) => [name, jwk[name]]))));
  for (const [mark, until] of own.seen) if (until < now) own.seen.delete(mark);
  const mark = `${key} ${claims.jti}`;
  if (typeof claims.jti !== 'string' || own.seen.has(mark)) throw new Refused('the proof came before');
  own.seen.set(mark, now + 2 * WINDOW);
  return key;
}

/** A proof whose signature is that of the public key in it. */
function signed(proof) {
  try {
    const [head, body, signature, ...more] = proof.split('.');
    const header = read(head);
    const [kty, digest, options] = ALGORITHMS[header.alg];
    const { jwk } = header;
    const good = more.length === 0 && header.typ === 'dpop+jwt' && jwk.kty === kty && !('d' in jwk)
      && verify(digest, Buffer.from(`${head}.${body}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), ...options }, Buffer.from(signature, 'base64url'));
    if (good) return { header, claims: read(body) };
  } catch {
    // No proof at all; the same answer.
  }
  throw new Refused('the proof is not signed by the key in it');
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (!folder) {
    console.error('usage: resource.mjs FOLDER, where prepare.mjs and fapi2.mjs made FOLDER');
    process.exit(2);
  }
  await serve(folder);
  console.log(`${JSON.parse(readFileSync(join(folder, 'resource.json'))).url} is served`);
}
