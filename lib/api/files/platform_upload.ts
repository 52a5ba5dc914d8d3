/**
 * The upload of the platform: `POST files` with a multipart form (OpenAI API reference, "Upload file").
 *
 * @module
 */
import { z } from "zod";
import { maybe } from "../schema.ts";
import { call } from "../call.ts";
import type { ApiConnection } from "../send_request.ts";
import type { LocalFile } from "./local_file.ts";
import type { UploadedFile, UploadOptions } from "./upload_file.ts";

const REQUEST_TIMEOUT_MS = 60_000;

const fileSchema = z.object({
  id: z.string().min(1),
  bytes: maybe(z.number()),
  filename: maybe(z.string()),
});

/** Uploads a file for use as input of the model. */
export async function uploadToPlatform(
  connection: ApiConnection,
  file: LocalFile,
  { onSent, signal }: UploadOptions,
): Promise<UploadedFile> {
  const boundary = `culvert-${crypto.randomUUID()}`;
  const before = new TextEncoder().encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${
        escapedName(file.name)
      }"\r\n` +
      "Content-Type: application/octet-stream\r\n\r\n",
  );
  const after = new TextEncoder().encode(`\r\n--${boundary}--\r\n`);
  const { value } = await call(connection, {
    endpoint: "/files",
    method: "POST",
    body: {
      contentType: `multipart/form-data; boundary=${boundary}`,
      size: before.length + file.size + after.length,
      stream: () => ReadableStream.from(joined(before, file.open(), after)),
      ...(onSent === undefined
        ? {}
        : { onSent: (bytes) => onSent(Math.min(file.size, Math.max(0, bytes - before.length))) }),
    },
    timeoutMs: REQUEST_TIMEOUT_MS,
    schema: fileSchema,
    ...(signal === undefined ? {} : { signal }),
  });
  return { fileId: value.id, fileName: value.filename ?? file.name, sizeBytes: value.bytes ?? file.size };
}

/** Escapes a file name as browsers do (WHATWG HTML §4.10.21.8, "Multipart form data"). */
function escapedName(name: string): string {
  return name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

async function* joined(
  before: Uint8Array<ArrayBuffer>,
  content: ReadableStream<Uint8Array<ArrayBuffer>>,
  after: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield before;
  yield* content;
  yield after;
}
