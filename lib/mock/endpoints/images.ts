/**
 * Images of the simulated API. Edits are accepted as JSON and as a multipart form (OpenAI API reference,
 * "Images").
 *
 * @module
 */
import { crc32, deflateSync } from "node:zlib";
import { type Context, Hono } from "hono";
import { joinBytes } from "../../text/join_bytes.ts";
import type { Json } from "../api/scenario.ts";
import { authorized, badParameter, type EndpointHost, jsonBody, jsonReply } from "./endpoint.ts";

/** Returns the routes of images below the base of the model endpoints. */
export function imageRoutes(host: EndpointHost): Hono {
  const app = new Hono();
  app.post("/images/generations", authorized(host, async (context) => reply(await jsonBody(context) ?? {})));
  app.post(
    "/images/edits",
    authorized(host, async (context) => {
      const body = await editBody(context);
      const images = body["images"];
      if (!Array.isArray(images) || images.length === 0) {
        return badParameter("images", "Missing required parameter: 'images'.");
      }
      return reply(body);
    }),
  );
  return app;
}

async function editBody(context: Context): Promise<Json> {
  if (!/^multipart\/form-data/i.test(context.req.header("content-type") ?? "")) {
    return await jsonBody(context) ?? {};
  }
  const form = await context.req.formData();
  const fields = Object.fromEntries([...form].filter(([, value]) => typeof value === "string"));
  const files = [...form].filter(([, value]) => value instanceof File);
  return { ...fields, images: files, ...("n" in fields ? { n: Number(fields["n"]) } : {}) };
}

function reply(body: Json): Response {
  for (const name of ["prompt", "model"]) {
    if (typeof body[name] !== "string" || body[name] === "") {
      return badParameter(name, `Missing required parameter: '${name}'.`);
    }
  }
  const count = body["n"] ?? 1;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > 10) {
    return badParameter("n", "Invalid 'n': expected an integer from 1 to 10.");
  }
  return jsonReply({
    created: Math.floor(Date.now() / 1000),
    background: "opaque",
    output_format: "png",
    quality: body["quality"] ?? "low",
    size: body["size"] ?? "1024x1024",
    data: Array.from({ length: count }, (_, index) => ({ b64_json: picture(index).toBase64() })),
    usage: { input_tokens: 8, output_tokens: 16, total_tokens: 24 },
  });
}

const SIDE = 64;

/**
 * Returns a PNG with a gradient whose color depends on the index of the image (PNG specification, 3rd
 * edition).
 */
function picture(index: number): Uint8Array {
  const row = 1 + SIDE * 3;
  const pixels = new Uint8Array(row * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) pixels.set([x * 4, y * 4, (index * 85) % 256], y * row + 1 + x * 3);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, SIDE);
  view.setUint32(4, SIDE);
  header.set([8, 2], 8);
  return joinBytes([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}
