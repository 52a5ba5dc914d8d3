/**
 * The key that an agent signs with: Ed25519, kept as base64 PKCS#8 and published in the form of SSH.
 *
 * @module
 */
import { identityFailure } from "./identity_failure.ts";

const SSH_TYPE = "ssh-ed25519";

/** A new key in both its forms. */
export interface AgentKeyPair {
  /** Base64 PKCS#8. Secret. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` (RFC 8709 §4). */
  readonly publicKey: string;
}

/** Makes a key. */
export async function makeAgentKey(): Promise<AgentKeyPair> {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Ed25519 gave one key and not two");
  const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const open = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const wire = new Uint8Array([...field(new TextEncoder().encode(SSH_TYPE)), ...field(open)]);
  return { privateKey: base64(secret), publicKey: `${SSH_TYPE} ${base64(wire)}` };
}

/** Reads a stored key. @throws CulvertError `auth_rejected` for anything else */
export async function importAgentKey(text: string): Promise<CryptoKey> {
  try {
    const der = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  } catch {
    // The platform's messages may quote the input.
    throw identityFailure("its private key is not an Ed25519 key in base64 PKCS#8");
  }
}

/** The signature of a text, in base64. */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text))));
}

/** A string of SSH's wire format: its length in four bytes, then itself (RFC 4251 §5). */
function field(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, 4);
  return framed;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
