/** The version of this program, from the one place that says it: `deno.json`. */
import project from "../../deno.json" with { type: "json" };

/** As `--version` and `status` tell it: `0.1.0`. */
export const VERSION: string = project.version;
