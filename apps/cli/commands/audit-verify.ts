import { LogVerifier, type VerifyReport } from '#libs/governance/audit/verify-log';
import { CliError, EXIT } from '../api/exit-code.ts';
import { printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { jsonLines, trustedKey } from './audit-files.ts';

export interface VerifyOptions {
  readonly witness?: string;
  readonly key?: readonly string[];
  readonly since?: string;
  readonly json?: boolean;
}

const MAX_SHOWN = 50;

/** Verifies an export without a server. @throws CliError, exit code 1, when anything is wrong with it */
export async function verifyAudit(terminal: Terminal, path: string, { witness, key = [], since, json }: VerifyOptions): Promise<void> {
  const { workingDir } = terminal;
  const trusted = key.map((text) => trustedKey(workingDir, text));
  const earlier = since === undefined ? null : (await readLog(workingDir, since)).anchor;
  if (since !== undefined && earlier === null) throw new CliError(EXIT.usage, `--since ${since} holds no chained entry: give an export of this log.`);
  const report = (await readLog(workingDir, path)).finish({
    keys: trusted.flatMap((one) => ('publicKey' in one ? [one.publicKey] : [])),
    keyIds: trusted.flatMap((one) => ('keyId' in one ? [one.keyId] : [])),
    witness: witness === undefined ? null : await allLines(workingDir, witness),
    earlier,
  });
  terminal.print(json === true ? JSON.stringify(report, null, 2) : reportText(report));
  if (!report.ok) throw new CliError(EXIT.failed, `The log does not verify: ${report.findingCount} ${report.findingCount === 1 ? 'finding' : 'findings'}.`);
}

async function readLog(workingDir: string, path: string): Promise<LogVerifier> {
  const verifier = new LogVerifier();
  for await (const line of jsonLines(workingDir, path)) verifier.add(line);
  return verifier;
}

/** A witness file is bounded by who writes it. */
async function allLines(workingDir: string, path: string): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of jsonLines(workingDir, path)) lines.push(line);
  return lines;
}

function reportText({ ok, entries, head, findings, findingCount, proved, notProved }: VerifyReport): string {
  const shown = findings.slice(0, MAX_SHOWN);
  return [
    `${entries.chained} entries in the chain, ${entries.unchained} outside it (${entries.adopted} adopted).`,
    ...(head ? [`Last entry ${head.seq}, hash ${head.hash}`] : []),
    ...(ok ? [] : ['', 'WRONG', ...shown.map(({ kind, message }) => `  ${kind}: ${printable(message)}`)]),
    ...(findingCount > shown.length ? [`  and ${findingCount - shown.length} more; --json lists up to 1,000.`] : []),
    ...(ok ? ['', 'Proved', ...proved.map((sentence) => `  ${sentence}`)] : []),
    '',
    'Not proved',
    ...notProved.map((sentence) => `  ${sentence}`),
  ].join('\n');
}
