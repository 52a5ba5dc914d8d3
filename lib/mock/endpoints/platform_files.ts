/**
 * Files of the simulated platform API (OpenAI API reference, "Files").
 *
 * @module
 */
import { Hono } from "hono";
import { identifier } from "../identifier.ts";
import { authorized, badParameter, type EndpointHost, jsonReply, notFound } from "./endpoint.ts";

interface PlatformFile {
  readonly id: string;
  readonly object: "file";
  readonly bytes: number;
  readonly created_at: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: "processed";
}

/** Returns the routes of files below `/v1`: upload, list, retrieve, content, delete. */
export function platformFileRoutes(host: EndpointHost): Hono {
  const files = new Map<string, { readonly file: PlatformFile; readonly content: Uint8Array<ArrayBuffer> }>();
  const app = new Hono();
  app.post(
    "/files",
    authorized(host, async ({ req }) => {
      const form = await req.formData().catch(() => undefined);
      const [upload, purpose] = [form?.get("file"), form?.get("purpose")];
      if (!(upload instanceof File)) return badParameter("file", "Missing required parameter: 'file'.");
      if (typeof purpose !== "string") {
        return badParameter("purpose", "Missing required parameter: 'purpose'.");
      }
      const content = new Uint8Array(await upload.arrayBuffer());
      const file: PlatformFile = {
        id: identifier("file").replace("_", "-"),
        object: "file",
        bytes: content.length,
        created_at: Math.floor(Date.now() / 1000),
        filename: upload.name,
        purpose,
        status: "processed",
      };
      files.set(file.id, { file, content });
      return jsonReply(file);
    }),
  );
  app.get(
    "/files",
    authorized(host, () => {
      const data = [...files.values()].map(({ file }) => file);
      return jsonReply({
        object: "list",
        data,
        has_more: false,
        first_id: data[0]?.id,
        last_id: data.at(-1)?.id,
      });
    }),
  );
  app.get(
    "/files/:id",
    authorized(host, ({ req }) => answered(req.param("id"), ({ file }) => jsonReply(file))),
  );
  app.get(
    "/files/:id/content",
    authorized(host, ({ req }) => answered(req.param("id"), ({ content }) => new Response(content))),
  );
  app.delete(
    "/files/:id",
    authorized(host, ({ req }) =>
      answered(req.param("id"), ({ file: { id } }) => {
        files.delete(id);
        return jsonReply({ id, object: "file", deleted: true });
      })),
  );
  const answered = (
    id: string | undefined,
    reply: (found: NonNullable<ReturnType<typeof files.get>>) => Response,
  ): Response => {
    const found = files.get(id ?? "");
    return found === undefined ? notFound(`No such File object: ${id}`) : reply(found);
  };
  return app;
}
