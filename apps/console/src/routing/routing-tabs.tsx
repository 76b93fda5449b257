import { LinkTabs } from '../ui/link-tabs.tsx';

/** Where tokens went, and what that asks for. */
export function RoutingTabs() {
  return (
    <LinkTabs
      label="Parts of routing"
      tabs={[
        { to: '/routing', label: 'Where tokens go' },
        { to: '/routing/plans', label: 'Plans' },
      ]}
    />
  );
}
