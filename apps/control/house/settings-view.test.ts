import { describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/platform/config/config';
import { type ControlSettings } from '../settings.ts';
import { houseSettings } from './house-settings.ts';
import { providerName, settingsBody } from './settings-view.ts';

const SECRET = 'not-to-be-told';
const config = loadConfig(
  {
    SIGNALBOX_ADMIN_KEY: `test-${'0'.repeat(32)}`, SIGNALBOX_PUBLIC_URL: 'https://signalbox.example.org', SIGNALBOX_INFERENCE_RATE: '600',
    SIGNALBOX_OIDC_ISSUER: 'https://login.example.org/realm', SIGNALBOX_OIDC_CLIENT_ID: 'sb', SIGNALBOX_OIDC_CLIENT_SECRET: SECRET,
    SIGNALBOX_OIDC_ROLE_CLAIM: 'groups', SIGNALBOX_OIDC_ROLE_MAP: 'sb-admins=admin+trace-reader',
    SIGNALBOX_TRACE_KEY: Buffer.alloc(32, 7).toString('base64'), DATABASE_URL: `postgresql://u:${SECRET}@localhost/x`,
  },
  { cores: 2, workingDir: '/' },
);
const settings: ControlSettings = { access: config.access, house: houseSettings(config), minRequests: 5, retentionDays: 120, version: '1.2.3', now: () => 0 };

describe('settingsBody', () => {
  it('tells no secret', () => {
    const text = JSON.stringify(settingsBody(settings, true));
    for (const secret of [SECRET, 'test-000', Buffer.alloc(32, 7).toString('base64')]) expect(text).not.toContain(secret);
  });

  it('tells who gets which role to administrators alone', () => {
    expect(settingsBody(settings, true).signIn.oidc?.roleMap).toEqual([{ group: 'sb-admins', roles: ['admin', 'trace-reader'] }]);
    expect(settingsBody(settings, false).signIn.oidc).toMatchObject({ issuer: 'https://login.example.org/realm', roleMap: null });
  });

  it('keeps usage by the minute as long as traces at least', () => {
    expect(settingsBody(settings, false).retention).toEqual({ traceDays: 120, minuteUsageDays: 120, feedbackDays: 90 });
    expect(settingsBody({ ...settings, retentionDays: 7 }, false).retention.minuteUsageDays).toBe(90);
  });

  it('says what it does not know', () => {
    const { house: _house, access: _access, ...least } = settings;
    expect(settingsBody(least, true)).toMatchObject({ capture: null, audit: null, detection: null, retention: { feedbackDays: null }, limits: { inferenceRequestsPerMinute: null, apiRequestsPerMinute: 6000 }, signIn: { publicUrl: null, oidc: null } });
    expect(settingsBody(settings, true).limits.inferenceRequestsPerMinute).toBe(600);
  });
});

it('names a provider by its host unless it has a name', () => {
  expect(providerName({ issuer: 'https://login.example.org/realm' })).toBe('login.example.org');
  expect(providerName({ issuer: 'https://login.example.org/realm', displayName: 'Example SSO' })).toBe('Example SSO');
});
