/**
 * Uploads a file, so that a request can name it by its id. The credential decides on the protocol: a ChatGPT login
 * uses that of the ChatGPT backend, everything else that of the platform.
 *
 * @module
 */
import type { ApiConnection } from "../send_request.ts";
import { isBackendLogin } from "../backend.ts";
import { localFile } from "./local_file.ts";
import { uploadToBackend } from "./backend_upload.ts";
import { uploadToPlatform } from "./platform_upload.ts";

/** Largest file, bytes (as codex 0.171.0; the platform has the same limit). */
export const LIMIT_BYTES = 536_870_912;

/** An uploaded file. */
export interface UploadedFile {
  /** For `input_file` items. */
  readonly fileId: string;
  /** `sediment://<file id>`. Only of the ChatGPT backend. */
  readonly uri?: string;
  /** Where the content can be fetched from, for a limited time. Secret: it is signed. */
  readonly downloadUrl?: string;
  /** Name of the file, as the server keeps it. */
  readonly fileName: string;
  /** Size of the content, bytes. */
  readonly sizeBytes: number;
  /** Media type, where the server found one. */
  readonly mimeType?: string;
}

/** Options of {@link uploadFile}. */
export interface UploadOptions {
  /** Ends the upload. */
  readonly signal?: AbortSignal;
  /** Called with the bytes of the content that were sent so far. After a retry it counts from 0 again. */
  readonly onSent?: (bytes: number) => void;
}

/**
 * Uploads a file. It is read piece by piece, so that its size takes no memory.
 *
 * @throws CulvertError `input_unreadable` for a file that cannot be read or is larger than 512 MiB; otherwise as
 *   `call`. Where only a part of the steps was done, `details.left` names the steps that are left.
 */
export async function uploadFile(
  connection: ApiConnection,
  path: string,
  options: UploadOptions = {},
): Promise<UploadedFile> {
  const file = await localFile(path, LIMIT_BYTES);
  const authorization = await connection.authenticator.authorize(options.signal, "/files");
  const upload = isBackendLogin(authorization) ? uploadToBackend : uploadToPlatform;
  return await upload(connection, file, options);
}
