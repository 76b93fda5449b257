import { type Meter } from '@opentelemetry/api';
import { type Deliveries } from '#libs/store/receivers/deliveries';

/** Shows the outbox when asked. A database that is away leaves the figures out. */
export function observeOutbox(meter: Meter, deliveries: Pick<Deliveries, 'figures'>, now: () => number, onError: (error: unknown) => void): void {
  const waiting = meter.createObservableGauge('signalbox.outbox.waiting', { description: 'Notifications that wait to be delivered.' });
  const oldest = meter.createObservableGauge('signalbox.outbox.oldest', { unit: 's', description: 'Age of the notification that waits longest.' });
  const dead = meter.createObservableGauge('signalbox.outbox.dead_letters', { description: 'Notifications that were given up and are kept.' });
  meter.addBatchObservableCallback(
    async (result) => {
      try {
        const figures = await deliveries.figures();
        result.observe(waiting, figures.waiting);
        result.observe(oldest, figures.oldestAtMs === null ? 0 : Math.max(0, (now() - figures.oldestAtMs) / 1000));
        result.observe(dead, figures.dead);
      } catch (error) {
        onError(error);
      }
    },
    [waiting, oldest, dead],
  );
}
