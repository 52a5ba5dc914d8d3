/**
 * The Ed25519 key of an agent, stored as base64 PKCS#8 and published in the format of SSH.
 *
 * @module
 */
import { identityFailure } from "./agent_request.ts";

const SSH_TYPE = "ssh-ed25519";

/** A new key. */
interface AgentKeyPair {
  /** Base64 PKCS#8. Secret. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` (RFC 8709 §4). */
  readonly publicKey: string;
}

/** Generates a key. */
export async function generateAgentKey(): Promise<AgentKeyPair> {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("generateKey returned one key instead of a pair");
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const wire = new Uint8Array([...sshString(new TextEncoder().encode(SSH_TYPE)), ...sshString(publicKey)]);
  return { privateKey: privateKey.toBase64(), publicKey: `${SSH_TYPE} ${wire.toBase64()}` };
}

/** Imports a stored key. @throws CulvertError `auth_rejected` */
export async function importAgentKey(text: string): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("pkcs8", Uint8Array.fromBase64(text), "Ed25519", false, ["sign"]);
  } catch {
    // The messages of the platform may quote the input.
    throw identityFailure("its private key is not an Ed25519 key in base64 PKCS#8");
  }
}

/** Returns the signature of a text in base64. */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  const signature = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text));
  return new Uint8Array(signature).toBase64();
}

/** Encodes a string of the SSH wire format: its length in four bytes, then its bytes (RFC 4251 §5). */
function sshString(bytes: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(4 + bytes.length);
  new DataView(encoded.buffer).setUint32(0, bytes.length);
  encoded.set(bytes, 4);
  return encoded;
}
