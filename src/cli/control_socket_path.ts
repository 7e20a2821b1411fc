/** Where the socket is on which a monitor answers `status` and `stop`. */
import { join } from "node:path";

/** The path of the control socket in `logDir`. */
export function controlSocketPath(logDir: string): string {
  return join(logDir, "control.sock");
}
