/**
 * The simulated model list in its two forms: that of the platform and that of the ChatGPT backend.
 *
 * @module
 */
import { DEFAULT_MODEL } from "../../config/load_settings.ts";
import type { Json } from "../api/scenario.ts";

/** Models that the simulated API serves. */
export const MOCK_MODELS: readonly string[] = [DEFAULT_MODEL, "gpt-5.3-codex", "gpt-5.2", "mock-1"];

/** Returns the list in the form of the platform (OpenAI API reference, "List models"). */
export function platformList(): Json {
  return {
    object: "list",
    data: MOCK_MODELS.map(platformModel),
  };
}

/** Returns one entry of the platform's list. */
export function platformModel(id: string): Json {
  return { id, object: "model", created: 1_760_000_000, owned_by: "mock" };
}

/**
 * Returns the list in the form of the ChatGPT backend. A request without a version of the client gets no
 * model (observed with codex 0.171.0).
 */
export function backendList(clientVersion: string | undefined): Json {
  if (clientVersion === undefined) return { models: [] };
  return {
    models: MOCK_MODELS.map((slug, priority) => ({
      slug,
      display_name: slug,
      description: "A simulated model",
      default_reasoning_level: "medium",
      supported_reasoning_levels: [
        { effort: "low", description: "Fast" },
        { effort: "medium", description: "Balanced" },
        { effort: "high", description: "Thorough" },
      ],
      visibility: "list",
      supported_in_api: true,
      priority,
      support_verbosity: true,
      default_verbosity: "medium",
      supports_parallel_tool_calls: true,
      context_window: 272_000,
      effective_context_window_percent: 95,
      service_tiers: [],
    })),
  };
}
