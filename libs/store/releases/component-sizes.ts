import { type DataSource } from 'typeorm';
import { type ComponentName } from '#libs/release/component';

/** Sizes of component versions, as stored. */
export class ComponentSizes {
  constructor(private readonly dataSource: DataSource) {}

  /** Bytes of each component of a release, by name; empty for a release that is not there. */
  async ofRelease(releaseId: string): Promise<Readonly<Record<ComponentName, number>>> {
    const rows: { component: string; size_bytes: number }[] = await this.dataSource.query(
      `SELECT component, size_bytes::float8 FROM signalbox.release_component
       JOIN signalbox.component_version USING (sha256) WHERE release_id = $1`,
      [releaseId],
    );
    return Object.fromEntries(rows.map(({ component, size_bytes }) => [component, size_bytes]));
  }
}
