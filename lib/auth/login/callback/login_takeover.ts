/**
 * A login whose port is held by an earlier one of the same user makes that one give way. The codex client sends
 * `GET /cancel` to whoever is there; here the holder proves first that it is ours, and then we that we are.
 *
 * @module
 */
import { askLoopback } from "../../../net/dialer/loopback_ask.ts";
import type { World } from "../../../world/world.ts";
import { jsonObject } from "../../json.ts";
import { isProofOf, proofOf, randomText } from "./login_proof.ts";
import { readClaim } from "./port_claim.ts";

/** Where the holder proves who it is. */
export const CHALLENGE_PATH = "/culvert/challenge";
/** Where it gives way. */
export const TAKEOVER_PATH = "/culvert/takeover";
/** For each of the two questions, ms. */
const LIMIT_MS = 2_000;

/** What a takeover works with. */
export interface TakeoverParts {
  /** The codex home, absolute. */
  readonly home: string;
  readonly world: World;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the holder of a port to give way. A stranger there, the codex client's login included, is sent a number
 * made up for the purpose and nothing else; where no claim was left, not even that.
 *
 * @returns whether it does
 * @throws the signal's reason
 */
export async function takeOver(parts: TakeoverParts, port: number): Promise<boolean> {
  const { home, world, signal } = parts;
  const secret = await readClaim(home, port);
  if (secret === undefined) return false;
  const nonce = randomText();
  const ask = (path: string, body: Readonly<Record<string, string>>) =>
    askLoopback({ port, path, body, limitMs: LIMIT_MS }, world, signal);
  const answer = await ask(CHALLENGE_PATH, { nonce });
  const proof = jsonObject(answer?.text ?? "")?.["proof"];
  if (typeof proof !== "string") return false;
  if (!await isProofOf(secret, { side: "holder", port, nonce }, proof)) return false;
  const own = await proofOf(secret, { side: "successor", port, nonce });
  return (await ask(TAKEOVER_PATH, { nonce, proof: own }))?.status === 200;
}
