import { Page } from '../ui/page.tsx';

export function ExpertPage() {
  return <Page title="Expert">{null}</Page>;
}
