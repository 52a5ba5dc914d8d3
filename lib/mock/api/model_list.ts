/**
 * The simulated model list, in both shapes at once: `models` as the codex backend gives it and `data` as the
 * platform does. Clients of either kind read what they know.
 *
 * @module
 */
import { DEFAULT_MODEL } from "../../config/load_settings.ts";
import type { Json } from "./scenario.ts";

/** Models that the simulated API serves. */
export const MOCK_MODELS: readonly string[] = [DEFAULT_MODEL, "gpt-5.3-codex", "gpt-5.2", "mock-1"];

/** The list as a body. */
export function modelList(): Json {
  return {
    object: "list",
    data: MOCK_MODELS.map((id) => ({ id, object: "model", created: 1_760_000_000, owned_by: "mock" })),
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
