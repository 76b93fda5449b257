import { expect, it } from 'vitest';
import { keyIdOf, noteVerifierKey, publicKeyOf, readCheckpoint, signCheckpoint, signedNote, signingKey, verifyCheckpoint, verifyText } from './checkpoint.ts';

const key = signingKey(Buffer.alloc(32, 7));
const head = { treeSize: 42, root: 'ab'.repeat(32), at: '2026-03-10T12:00:00.000Z' };

it('has the keys and signatures of RFC 8032, section 7.1, test 1', () => {
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  const publicKey = publicKeyOf(signingKey(seed));
  expect(publicKey.toString('hex')).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  const signature = Buffer.from('e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b', 'hex');
  expect(verifyText('', signature, publicKey)).toBe(true);
  expect(verifyText('x', signature, publicKey)).toBe(false);
});

it('writes verifier keys and verifies notes as the example of the signed-note specification has them', () => {
  // https://c2sp.org/signed-note, the example of the Go package golang.org/x/mod/sumdb/note.
  const publicKey = Buffer.from('AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', 'base64').subarray(1);
  expect(noteVerifierKey(publicKey, 'example.com/foo')).toBe('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  const line = Buffer.from('Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=', 'base64');
  expect(line.subarray(0, 4).toString('hex')).toBe('530d903a');
  expect(verifyText('This is an example message.\n', line.subarray(4), publicKey)).toBe(true);
});

it('signs all of a checkpoint', () => {
  const signed = signCheckpoint(head, key);
  const publicKey = publicKeyOf(key);
  expect(signed.keyId).toBe(keyIdOf(publicKey));
  expect(verifyCheckpoint(signed, publicKey)).toBe(true);
  expect(readCheckpoint(JSON.parse(JSON.stringify(signed)))).toEqual(signed);
  for (const change of [{ treeSize: 43 }, { root: 'ac'.repeat(32) }, { at: '2026-03-10T12:00:00.001Z' }, { keyId: 'ab'.repeat(32) }, { signature: signed.signature.replace(/^./, 'x') }]) {
    expect(verifyCheckpoint({ ...signed, ...change }, publicKey)).toBe(false);
  }
  expect(verifyCheckpoint(signed, publicKeyOf(signingKey(Buffer.alloc(32, 8))))).toBe(false);
});

it('is a signed note too', () => {
  const [body = '', line = ''] = signedNote(signCheckpoint(head, key), publicKeyOf(key)).split('\n\n');
  expect(body).toBe(`signalbox/audit\n42\n${Buffer.from(head.root, 'hex').toString('base64')}\ntime ${head.at}`);
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64');
  expect(verifyText(`${body}\n`, signature.subarray(4), publicKeyOf(key))).toBe(true);
});

it.each([null, 'x', {}, { ...head, keyId: 'x', signature: '' }, { ...head, treeSize: 0, keyId: head.root, signature: '' }, { ...head, at: 'a\nb', keyId: head.root, signature: '' }])('reads none out of %j', (value) => {
  expect(readCheckpoint(value)).toBeNull();
});
