/**
 * The upload of the ChatGPT backend in three steps: create an entry, send the content to the URL from the
 * server, confirm it (as codex 0.171.0).
 *
 * @module
 */
import { z } from "zod";
import { maybe } from "../schema.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import { call } from "../call.ts";
import type { ApiConnection } from "../send_request.ts";
import type { LocalFile } from "./local_file.ts";
import { sendContent } from "./send_content.ts";
import type { UploadedFile, UploadOptions } from "./upload_file.ts";

const REQUEST_TIMEOUT_MS = 60_000;
/** Pause between two checks whether the file is ready, ms. */
const POLL_MS = 250;
/** Time limit until the file must be ready, ms. */
const READY_MS = 30_000;

const createdSchema = z.object({
  // Part of a path: a lone surrogate cannot be encoded.
  file_id: z.string().min(1).refine((id) => id.isWellFormed(), "the id is not text"),
  upload_url: z.string().min(1),
});
const confirmedSchema = z.object({
  status: z.string(),
  download_url: maybe(z.string()),
  file_name: maybe(z.string()),
  mime_type: maybe(z.string()),
  error_message: maybe(z.string()),
});

/** Uploads a file. */
export async function uploadToBackend(
  connection: ApiConnection,
  file: LocalFile,
  options: UploadOptions,
): Promise<UploadedFile> {
  const limits = {
    timeoutMs: REQUEST_TIMEOUT_MS,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const { value: { file_id, upload_url } } = await call(connection, {
    endpoint: "/files",
    backend: true,
    method: "POST",
    body: { json: { file_name: file.name, file_size: file.size, use_case: "codex" } },
    schema: createdSchema,
    ...limits,
  });
  await sendContent(connection, { file, fileId: file_id, url: upload_url }, options);
  const end = connection.world.monotonic() + READY_MS;
  for (;;) {
    const { value } = await confirm(connection, file_id, file, limits);
    if (value.status === "success" && value.download_url !== undefined) {
      return {
        fileId: file_id,
        uri: `sediment://${file_id}`,
        downloadUrl: value.download_url,
        fileName: value.file_name ?? file.name,
        sizeBytes: file.size,
        ...(value.mime_type === undefined ? {} : { mimeType: value.mime_type }),
      };
    }
    if (value.status !== "retry") {
      throw refused(file, file_id, value.error_message ?? `status ${value.status}`);
    }
    if (connection.world.monotonic() >= end) {
      throw refused(file, file_id, `it is not ready after ${READY_MS / 1_000} s`);
    }
    await connection.world.sleep(POLL_MS, options.signal);
  }
}

async function confirm(
  connection: ApiConnection,
  fileId: string,
  file: LocalFile,
  limits: { readonly timeoutMs: number; readonly signal?: AbortSignal },
) {
  try {
    return await call(connection, {
      endpoint: "/files/uploaded",
      path: `files/${encodeURIComponent(fileId)}/uploaded`,
      backend: true,
      method: "POST",
      body: { json: {} },
      idempotent: true,
      schema: confirmedSchema,
      ...limits,
    });
  } catch (thrown) {
    limits.signal?.throwIfAborted();
    const { code, details, hint, message } = asCulvertError(thrown);
    throw new CulvertError(
      code,
      `${message} (the content of ${file.name} is uploaded but not confirmed)`,
      {
        ...(hint === undefined ? {} : { hint }),
        details: { ...details, file_id: fileId, left: ["confirmation"] },
        cause: thrown,
      },
    );
  }
}

function refused(file: LocalFile, fileId: string, reason: string): CulvertError {
  return new CulvertError(
    "response_failed",
    `The server did not accept the uploaded file ${file.name}: ${reason}`,
    {
      hint: "Check that the server supports this type of file, and send it again.",
      details: { file_id: fileId, left: ["confirmation"] },
    },
  );
}
