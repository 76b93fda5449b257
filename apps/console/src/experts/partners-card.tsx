import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getCoActivationOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { IntervalBars } from '../charts/interval-bars.tsx';
import { Card } from '../ui/card.tsx';
import { formatPercent } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/states.tsx';
import { partnersOf } from './expert-figures.ts';
import { type Place, useUsageFilter } from './place.ts';

const format = (share: number): string => formatPercent(share);

/** Which experts of the layer serve a token together with this one. */
export function PartnersCard({ place }: { readonly place: Place }) {
  const { layer, expert, experts, topK } = place;
  const query = useQuery({ ...getCoActivationOptions({ query: useUsageFilter(place) }), placeholderData: (before) => before });
  return (
    <Card title="Chosen together with" lead={`Share of its tokens that each other expert of the layer served as well. Were partners chosen evenly, each would have ${formatPercent((topK - 1) / (experts - 1))}.`}>
      <Loaded query={query}>
        {({ matrix, withheld }) => {
          if (withheld !== undefined) return <Empty title="Too few requests">Figures of fewer than {withheld.minRequests} requests are withheld. Choose a longer time.</Empty>;
          const partners = partnersOf(matrix, expert);
          if (partners.length === 0) return <Empty title="It served no token">Choose a longer time, or send requests.</Empty>;
          return (
            <IntervalBars
              label={`Experts that serve tokens together with expert ${expert} of layer ${layer}`}
              name={`expert-${layer}-${expert}-partners`}
              header={['expert', 'share of tokens']}
              format={format}
              rows={partners.map((partner) => ({
                key: String(partner.expert),
                label: `expert ${partner.expert}`,
                heading: (
                  <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(partner.expert) }} search={true}>
                    expert {partner.expert}
                  </Link>
                ),
                value: partner.share,
                interval: null,
              }))}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
