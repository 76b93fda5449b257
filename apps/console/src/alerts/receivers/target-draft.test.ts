import { expect, it } from 'vitest';
import { KINDS, settingText, targetOf } from './target-draft.ts';

it('makes targets as the API takes them, and leaves out what is empty', () => {
  const given: Readonly<Record<string, string>> = { 'target.host': 'mail.example.com', 'target.port': '587', 'target.security': 'tls', 'target.from': 'a@example.com', 'target.to': 'b@example.com, c@example.com,' };
  expect(targetOf('email', (name) => given[name])).toEqual({ kind: 'email', host: 'mail.example.com', port: 587, security: 'tls', from: 'a@example.com', to: ['b@example.com', 'c@example.com'] });
  expect(targetOf('slack', () => undefined)).toEqual({ kind: 'slack' });
});

it('fills fields with settings, or with what is usual', () => {
  const [host, port] = KINDS.email.fields;
  expect([settingText(null, port!), settingText({ settings: { port: 25 } }, port!), settingText({ settings: {} }, host!)]).toEqual(['587', '25', '']);
});
