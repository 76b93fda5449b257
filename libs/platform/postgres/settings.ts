/**
 * Server settings for a machine that it shares with an inference engine: little memory, no
 * parallel queries (the engine owns the cores), no compiling of queries. Durability stays at
 * PostgreSQL's own default: an acknowledged commit survives power loss. Given at each start, so
 * that a newer Signalbox brings its settings to older data. No value may need shell quoting.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '64MB',
  effective_cache_size: '512MB',
  maintenance_work_mem: '64MB',
  work_mem: '8MB',
  synchronous_commit: 'on',
  fsync: 'on',
  wal_compression: 'pglz',
  wal_level: 'minimal',
  max_wal_senders: '0',
  min_wal_size: '64MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  autovacuum_max_workers: '2',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Arguments for `postgres`, as the one string that `pg_ctl -o` takes. */
export function serverOptions(port: number): string {
  return Object.entries({ ...SETTINGS, port: String(port) })
    .map(([name, value]) => `-c ${name}=${value === '' ? "''" : value}`)
    .join(' ');
}
