import { constants, type BigIntStats } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { CheckpointError } from '../checkpoint-error.ts';

/** A file of the checkpoint, and what tells it from another or a changed one. */
export interface SourceFile {
  /** As the checkpoint names it, relative to its folder. */
  readonly name: string;
  /** Resolved path. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Device, inode, size, modification and change time: equal identity, equal bytes. */
  readonly identity: string;
}

/** A checkpoint's folder. Nothing outside of it is ever opened, whatever its files say. */
export interface CheckpointFolder {
  /** Resolved path. */
  readonly path: string;
}

/** @throws CheckpointError `not-a-directory` */
export async function openFolder(directory: string): Promise<CheckpointFolder> {
  const found = await stat(directory).catch(() => null);
  if (!found?.isDirectory()) {
    throw new CheckpointError(
      'not-a-directory',
      {},
      `${directory} is not a folder. Give the folder that holds config.json and the *.safetensors files.`,
    );
  }
  return { path: await realpath(directory) };
}

/**
 * Finds a file of the folder; null where there is none.
 * @throws CheckpointError `outside-folder` for absolute names, `..`, and links that lead out of the folder;
 *   `unreadable-file` for what is not a plain file
 */
export async function findFile(folder: CheckpointFolder, name: string): Promise<SourceFile | null> {
  const outside = (): CheckpointError =>
    new CheckpointError(
      'outside-folder',
      { file: name },
      `${JSON.stringify(name)} lies outside the checkpoint's folder. Files must lie inside it; copy linked files in ` +
        '(a download made with --local-dir holds no links).',
    );
  if (name.includes('\0') || name.includes('\\') || isAbsolute(name) || name.split('/').includes('..')) throw outside();
  const path = await realpath(join(folder.path, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw unreadable(name, error);
  });
  if (path === null) return null;
  const inside = relative(folder.path, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw outside();
  const found = await stat(path, { bigint: true });
  // A pipe or a device would block or never end.
  if (!found.isFile()) throw unreadable(name, new Error('it is not a plain file'));
  return { name, path, sizeBytes: Number(found.size), identity: identityOf(found) };
}

/**
 * Opens a file found before, for reading.
 * @throws CheckpointError `changed-during-import` where it is no longer the same bytes
 */
export async function openSource(file: SourceFile): Promise<FileHandle> {
  const handle = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw changed(file);
      throw unreadable(file.name, error);
    },
  );
  try {
    await requireUnchanged(file, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

/** @throws CheckpointError `changed-during-import` */
export async function requireUnchanged(file: SourceFile, handle: FileHandle): Promise<void> {
  if (identityOf(await handle.stat({ bigint: true })) !== file.identity) throw changed(file);
}

/**
 * Fills `target` from the given offset of the file.
 * @throws CheckpointError `changed-during-import` where the file ends before that
 */
export async function readExactly(file: SourceFile, handle: FileHandle, target: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < target.byteLength; ) {
    const { bytesRead } = await handle.read(target, done, target.byteLength - done, offset + done);
    if (bytesRead === 0) throw changed(file);
    done += bytesRead;
  }
}

/**
 * Reads a text file of the folder; null where there is none.
 * @param limitBytes what is longer is refused, since the text is held in memory
 * @throws CheckpointError `file-too-large`, `malformed-json` if it is not UTF-8, and what findFile throws
 */
export async function readText(folder: CheckpointFolder, name: string, limitBytes: number): Promise<string | null> {
  const file = await findFile(folder, name);
  if (file === null) return null;
  if (file.sizeBytes > limitBytes) {
    throw new CheckpointError('file-too-large', { file: name }, `${name} has ${file.sizeBytes} bytes, more than the limit of ${limitBytes}.`);
  }
  const handle = await openSource(file);
  try {
    const bytes = new Uint8Array(file.sizeBytes);
    await readExactly(file, handle, bytes, 0);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError('malformed-json', { file: name }, `${name} is not UTF-8 text. Download it again.`);
  } finally {
    await handle.close();
  }
}

/** @throws CheckpointError `malformed-json` */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const cause = error instanceof Error ? error.message : 'unknown';
    throw new CheckpointError('malformed-json', { file }, `${file} is not JSON (${cause}). Download it again.`);
  }
}

function identityOf(found: BigIntStats): string {
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':');
}

function changed(file: SourceFile): CheckpointError {
  return new CheckpointError(
    'changed-during-import',
    { file: file.name },
    `${file.name} changed while it was imported. Wait until nothing writes to the folder and import again.`,
  );
}

function unreadable(name: string, error: Error): CheckpointError {
  return new CheckpointError('unreadable-file', { file: name }, `${name} cannot be read: ${error.message}. Check its permissions.`);
}
