/**
 * Files of the simulated ChatGPT backend: create an entry, receive the content, confirm it.
 *
 * @module
 */
import { Hono } from "hono";
import type { EndpointFaults } from "./faults.ts";
import { authorized, badParameter, type EndpointHost, jsonBody, jsonReply, notFound } from "./endpoint.ts";
import { loginOnly } from "./backend.ts";

/** Path of the storage service, which receives content at signed URLs. */
const STORAGE_PATH = "/storage";

/** One uploaded file. */
export interface MockFile {
  /** Id of the file. */
  readonly id: string;
  /** Name of the file, from the client. */
  readonly name: string;
  /** Size that was announced, bytes. */
  readonly size: number;
  /** The token in the signed URL that the content is sent to. */
  readonly signature: string;
  /** Bytes of the content received; absent until the content is complete. */
  received?: number;
  /** SHA-256 of the content received, in lower hex. */
  sha256?: string;
}

/** Returns whether a request carries the content of a file. */
export function isContent({ method, url }: Request): boolean {
  return method === "PUT" && new URL(url).pathname.startsWith(`${STORAGE_PATH}/`);
}

/** The files of the simulated backend, and its storage service. */
export class MockFiles {
  readonly files = new Map<string, MockFile>();
  readonly #storageOrigin: string | undefined;
  readonly #pendingPolls: number;
  readonly #polls = new Map<string, number>();
  #count = 0;

  /**
   * @param storageOrigin origin of signed URLs; default: that of the request
   * @param pendingPolls confirmations that are answered with `retry` first
   */
  constructor(storageOrigin?: string, pendingPolls = 1) {
    this.#storageOrigin = storageOrigin;
    this.#pendingPolls = pendingPolls;
  }

  /** Routes below the base of the backend. */
  routes(api: EndpointHost): Hono {
    const host = loginOnly(api);
    const app = new Hono();
    app.post(
      "/files",
      authorized(host, async (context) => {
        const body = await jsonBody(context);
        const { file_name, file_size, use_case } = body ?? {};
        if (typeof file_name !== "string") return badParameter("file_name", "Missing 'file_name'.");
        if (typeof file_size !== "number") return badParameter("file_size", "Missing 'file_size'.");
        if (typeof use_case !== "string") return badParameter("use_case", "Missing 'use_case'.");
        const id = `file_mock_${++this.#count}`;
        const file = { id, name: file_name, size: file_size, signature: crypto.randomUUID() };
        this.files.set(id, file);
        const origin = this.#storageOrigin ?? originOf(context.req.raw);
        const upload_url = `${origin}${STORAGE_PATH}/${id}?sv=2026-01-01&sig=${file.signature}`;
        return jsonReply({ file_id: id, upload_url });
      }),
    );
    app.post("/files/:id/uploaded", authorized(host, ({ req }) => this.#confirm(req.param("id") ?? "")));
    return app;
  }

  #confirm(id: string): Response {
    const file = this.files.get(id);
    if (file === undefined) return notFound(`No such file: ${id}`);
    if (file.received === undefined) {
      return jsonReply({ status: "error", error_message: "The content was not uploaded." });
    }
    const polls = this.#polls.get(id) ?? 0;
    this.#polls.set(id, polls + 1);
    if (polls < this.#pendingPolls) return jsonReply({ status: "retry" });
    return jsonReply({
      status: "success",
      download_url: `https://files.culvert.test/download/${id}?sig=${file.signature}`,
      file_name: file.name,
      mime_type: "application/octet-stream",
    });
  }

  /**
   * Receives content like the storage service of Azure (Put Blob): with a signature and a length, and without
   * another credential.
   */
  async takeContent(request: Request, faults: EndpointFaults): Promise<Response> {
    const url = new URL(request.url);
    const file = this.files.get(url.pathname.slice(STORAGE_PATH.length + 1));
    return await faults.answer(request, async () => {
      const length = request.headers.get("content-length");
      if (file === undefined || url.searchParams.get("sig") !== file.signature) {
        return storageReply(403, "AuthenticationFailed");
      }
      if (request.headers.has("authorization")) return storageReply(400, "InvalidAuthenticationInfo");
      if (length === null) return storageReply(411, "MissingContentLengthHeader");
      if (request.headers.get("x-ms-blob-type") === null) return storageReply(400, "MissingRequiredHeader");
      const { createHash } = await import("node:crypto");
      const hash = createHash("sha256");
      let received = 0;
      for await (const piece of request.body ?? []) {
        hash.update(piece);
        received += piece.length;
      }
      if (received !== file.size || Number(length) !== received) {
        return storageReply(400, "InvalidBlobOrBlock");
      }
      file.received = received;
      file.sha256 = hash.digest("hex");
      return storageReply(201);
    });
  }
}

function storageReply(status: number, code?: string): Response {
  const headers = {
    "x-ms-request-id": crypto.randomUUID(),
    ...(code === undefined ? {} : { "x-ms-error-code": code, "content-type": "application/xml" }),
  };
  return new Response(code === undefined ? null : `<Error><Code>${code}</Code></Error>`, { status, headers });
}

function originOf({ headers, url }: Request): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${headers.get("host") ?? host}`;
}
