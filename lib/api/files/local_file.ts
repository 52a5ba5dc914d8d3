/**
 * A local file to upload.
 *
 * @module
 */
import { basename } from "node:path";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";

/** Size of one read, bytes. */
const PIECE = 256 * 1024;

/** A file whose size is known. */
export interface LocalFile {
  /** The path as given. */
  readonly path: string;
  /** The last component of the path. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Opens the file at its beginning. It is closed at the end of the stream, and when the stream is cancelled.
   */
  readonly open: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Checks a file and reads its size.
 *
 * @param limitBytes largest size that is accepted
 * @throws CulvertError `input_unreadable`: there is no regular file, it cannot be read, or it is larger
 */
export async function localFile(path: string, limitBytes: number): Promise<LocalFile> {
  const info = await statOf(path);
  if (!info.isFile) throw unreadable(path, "it is not a regular file", "Write the content to a file first.");
  if (info.size > limitBytes) {
    const hint = `A file may have up to ${limitBytes} bytes.`;
    throw unreadable(path, `it has ${info.size} bytes`, hint);
  }
  return { path, name: basename(path), size: info.size, open: () => streamOf(path) };
}

async function statOf(path: string): Promise<Deno.FileInfo> {
  try {
    const info = await Deno.stat(path);
    // Opened to check that the content can be read. A pipe is not opened, because that would wait for a
    // writer.
    if (info.isFile) (await Deno.open(path)).close();
    return info;
  } catch (cause) {
    throw unreadable(
      path,
      fileProblem(cause),
      "Check the path; it is relative to the working directory.",
      cause,
    );
  }
}

function streamOf(path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  let file: Deno.FsFile | undefined;
  return new ReadableStream({
    async pull(controller) {
      try {
        file ??= await Deno.open(path);
        const buffer = new Uint8Array(PIECE);
        const count = await file.read(buffer);
        if (count !== null) return controller.enqueue(buffer.subarray(0, count));
      } catch (cause) {
        file?.close();
        throw unreadable(path, fileProblem(cause), "Check the file and the disk.", cause);
      }
      file.close();
      controller.close();
    },
    cancel: () => file?.close(),
  }, { highWaterMark: 0 });
}

function unreadable(path: string, problem: string, hint: string, cause?: unknown): CulvertError {
  return new CulvertError("input_unreadable", `Cannot read ${path}: ${problem}`, {
    hint,
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
