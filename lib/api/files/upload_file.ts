/**
 * Uploads a file, so that a request can name it by its id. The protocol depends on the credential: a ChatGPT
 * login uses that of the ChatGPT backend, every other credential that of the platform.
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
  /** The URL of the content, valid for a limited time. Secret: it is signed. */
  readonly downloadUrl?: string;
  /** Name of the file on the server. */
  readonly fileName: string;
  /** Size of the content, bytes. */
  readonly sizeBytes: number;
  /** Media type, if the server detected one. */
  readonly mimeType?: string;
}

/** Options of {@link uploadFile}. */
export interface UploadOptions {
  /** Aborts the upload. */
  readonly signal?: AbortSignal;
  /** Called with the bytes of the content that were sent so far. After a retry it counts from 0 again. */
  readonly onSent?: (bytes: number) => void;
}

/**
 * Uploads a file. It is read incrementally, so that its size does not affect the memory.
 *
 * @throws CulvertError `input_unreadable` for a file that cannot be read or is larger than 512 MiB; otherwise
 * as `call`. If only some of the steps were done, `details.left` names the remaining steps.
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
