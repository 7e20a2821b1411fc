/** A client that ends with a reset (RST) instead of a close. Deno's own connections cannot. */
import net from "node:net";

/** Connects to a port of 127.0.0.1, sends `text`, and resets the connection once `when` has resolved. */
export async function sendAndReset(
  port: number,
  text: string,
  when: () => Promise<unknown>,
): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await new Promise<void>((resolve) => socket.write(text, "latin1", () => resolve()));
  await when();
  socket.resetAndDestroy();
  await closed;
}
