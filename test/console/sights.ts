import { type Sights } from './toured-house.ts';

/** Every view with something to see in it: name of its picture, and its address. */
export const viewsOf = ({ requestId, stable, candidate, changeId, alertId, receiverId, accountId, componentSha256 }: Sights): readonly (readonly [string, string])[] => [
  ['overview', '/'],
  ['routing', '/routing'],
  ['routing-layer', '/routing?layer=1'],
  ['expert', '/experts/2/5'],
  ['requests', '/requests'],
  ['request', `/requests/${requestId}`],
  ['playground', '/playground'],
  ['playground-compare', `/playground/compare?a=${stable}&b=${candidate}`],
  ['releases', '/releases'],
  ['release', `/releases/${candidate}`],
  ['release-compare', `/releases/compare?a=${stable}&b=${candidate}`],
  ['component', `/releases/components/${componentSha256}`],
  ['changes', '/changes'],
  ['change', `/changes/${changeId}`],
  ['change-calendar', '/changes/calendar'],
  ['alerts', '/alerts'],
  ['alert', `/alerts/${alertId}`],
  ['alert-rule', '/alerts/rules/uneven-layer'],
  ['alert-silences', '/alerts/silences'],
  ['receiver', `/alerts/receivers/${receiverId}`],
  ['audit', '/audit'],
  ['settings', '/settings'],
  ['account', `/settings/accounts/${accountId}`],
];
