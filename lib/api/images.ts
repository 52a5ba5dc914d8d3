/**
 * Images: `POST images/generations` and `POST images/edits`.
 *
 * @module
 */
import { z } from "zod";
import { call } from "./call.ts";
import { described } from "./schema.ts";
import type { ApiConnection } from "./send_request.ts";

/** A request for images. The server chooses the values that are absent. */
export interface ImageRequest {
  /** A description of the images, or of the changes to make. */
  readonly prompt: string;
  /** Model of images. */
  readonly model: string;
  /**
   * Images to edit, as `data:` or `https:` URLs. Absent or empty: images are generated only from the prompt.
   */
  readonly images?: readonly string[];
  /** Background of the images. */
  readonly background?: "transparent" | "opaque" | "auto";
  /** Number of images. */
  readonly count?: number;
  /** Quality of the images. */
  readonly quality?: "low" | "medium" | "high" | "auto";
  /** Size of the images, such as `1024x1024`. */
  readonly size?: string;
  /** The turn that requests the image. Default: a new id. */
  readonly turnId?: string;
}

/** Images that the server generated. */
export interface ImageReply {
  /** The content of each image file. */
  readonly images: readonly Uint8Array<ArrayBuffer>[];
  /** Wall clock, seconds since 1970; the time of the reply if the server does not report it. */
  readonly created: number;
  /** The background that the server used, if it reports it. */
  readonly background?: string;
  /** The quality that the server used, if it reports it. */
  readonly quality?: string;
  /** The size of the images, if the server reports it. */
  readonly size?: string;
}

const replySchema = z.object({
  created: described(z.number()),
  data: z.array(z.object({ b64_json: z.base64().min(1) })).min(1),
  background: described(z.string()),
  quality: described(z.string()),
  size: described(z.string()),
});

/** Longest reply, bytes: several large images in base64. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024;

/**
 * Generates or edits images.
 *
 * @throws CulvertError as `call`
 */
export async function makeImages(
  connection: ApiConnection,
  request: ImageRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ImageReply> {
  const { background, count, images = [], model, prompt, quality, size, turnId } = request;
  const { value } = await call(connection, {
    endpoint: images.length === 0 ? "/images/generations" : "/images/edits",
    method: "POST",
    headers: { "x-codex-image-turn-id": turnId ?? crypto.randomUUID() },
    body: {
      json: {
        ...(images.length === 0 ? {} : { images: images.map((image_url) => ({ image_url })) }),
        prompt,
        ...(background === undefined ? {} : { background }),
        model,
        ...(count === undefined ? {} : { n: count }),
        ...(quality === undefined ? {} : { quality }),
        ...(size === undefined ? {} : { size }),
      },
    },
    idempotent: true,
    maxReplyBytes: MAX_REPLY_BYTES,
    schema: replySchema,
    ...options,
  });
  const { created, data } = value;
  return {
    images: data.map(({ b64_json }) => Uint8Array.fromBase64(b64_json)),
    created: created ?? Math.floor(connection.world.now() / 1_000),
    ...(value.background === undefined ? {} : { background: value.background }),
    ...(value.quality === undefined ? {} : { quality: value.quality }),
    ...(value.size === undefined ? {} : { size: value.size }),
  };
}
