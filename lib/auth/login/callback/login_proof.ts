/**
 * How two logins of one user prove to each other that they know the secret of the first, without saying it: an
 * HMAC over what the other side made up, the port, and which side speaks.
 *
 * @module
 */
import { generateRandomState } from "oauth4webapi";

/** The login that holds the port, or the one that wants it. */
export type Side = "holder" | "successor";

/** What is proved. */
export interface Proof {
  readonly side: Side;
  readonly port: number;
  /** Made up by the successor. */
  readonly nonce: string;
}

/** 256 bits of chance, as text. */
export function randomText(): string {
  return generateRandomState();
}

/** HMAC-SHA-256 of the proof, hexadecimal. */
export async function proofOf(secret: string, proof: Proof): Promise<string> {
  const bytes = await crypto.subtle.sign("HMAC", await keyOf(secret), textOf(proof));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether the text is that HMAC. Takes as long for a wrong one as for the right one. */
export async function isProofOf(secret: string, proof: Proof, text: string): Promise<boolean> {
  if (!/^[\da-f]{64}$/.test(text)) return false;
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return await crypto.subtle.verify("HMAC", await keyOf(secret), bytes, textOf(proof));
}

function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

function textOf({ side, port, nonce }: Proof): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`culvert login ${side} ${port} ${nonce}`);
}
