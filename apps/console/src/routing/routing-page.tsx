import { Page } from '../ui/page.tsx';

export function RoutingPage() {
  return <Page title="Routing">{null}</Page>;
}
