/** Attestations: which requests carry one, and what a provider of them can do to a request. */
import { withAttestation } from "../../lib/connect/attestation.ts";
import type { Authenticator, AuthMode, Authorization } from "../../lib/auth/authenticator.ts";
import { createSecrets } from "../../lib/redaction/secrets.ts";
import { assertEquals } from "../support/assert.ts";
import { hastyWorld, provider } from "../responses/kit.ts";
import { listFiles } from "../support/paths.ts";
