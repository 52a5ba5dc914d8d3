/**
 * Uploads the files of `--file`.
 *
 * @module
 */
import { localFile } from "../../api/files/local_file.ts";
import { LIMIT_BYTES, uploadFile } from "../../api/files/upload_file.ts";
import type { Connection } from "../command/connection.ts";
import type { Reporter } from "../output/reporter.ts";

/** Stands in a dry run for the id that the server would give. */
const FUTURE_ID = "FILE-ID-OF-THE-UPLOAD";

/**
 * Uploads files one after another.
 *
 * @returns their ids; in a dry run nothing is sent, and a placeholder stands for each id
 * @throws CulvertError as `uploadFile`
 */
export async function uploadFiles(
  connection: Connection,
  paths: readonly string[],
  options: { readonly reporter: Reporter; readonly signal: AbortSignal; readonly isDryRun: boolean },
): Promise<readonly string[]> {
  const { isDryRun, reporter, signal } = options;
  // A file that cannot be read ends the command before anything is sent.
  const files = await Promise.all(paths.map((path) => localFile(path, LIMIT_BYTES)));
  if (isDryRun) return files.map(() => FUTURE_ID);
  const ids: string[] = [];
  using progress = reporter.wait("the upload");
  for (const { name, path, size } of files) {
    const onSent = (bytes: number) => {
      const percent = size === 0 ? 100 : Math.floor((bytes / size) * 100);
      progress.setLabel(`the upload of ${name}: ${percent} %`);
    };
    const { fileId } = await uploadFile(connection, path, { signal, onSent });
    ids.push(fileId);
  }
  return ids;
}
