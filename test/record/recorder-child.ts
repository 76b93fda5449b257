import { capturedFixture } from '#libs/record/captured.fixture';
import { systemClock } from '#libs/record/clock';
import { Spool } from '#libs/record/spool';

/** Records until it is killed, and tells its parent of each record whose append resolved. */
const [root, first] = process.argv.slice(2);
const spool = await Spool.open({ root: root!, durability: 'answered', segmentBytes: 8192, segmentAgeMs: 20, maxBytes: 1e9, clock: systemClock });
for (let number = Number(first); ; number += 8) {
  const group = Array.from({ length: 8 }, (_, i) => capturedFixture(number + i, 200));
  await Promise.all(group.map((captured) => spool.append(captured).then(() => process.send?.(captured.record.requestId))));
}
