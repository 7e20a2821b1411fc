/** Code inside a data worker that tries what it must not be able to do, and tells how each attempt ended. */

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ readonly path: string }>) => void;
  postMessage(message: Readonly<Record<string, string>>): void;
};

function attempt(what: () => unknown): string {
  try {
    what();
    return "allowed";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

scope.onmessage = ({ data: { path } }) => {
  scope.postMessage({
    readFile: attempt(() => Deno.readTextFileSync(path)),
    writeFile: attempt(() => Deno.writeTextFileSync(`${path}.intruder`, "")),
    environment: attempt(() => Deno.env.get("HOME")),
    program: attempt(() => new Deno.Command("ss").outputSync()),
    hostname: attempt(() => Deno.hostname()),
    network: attempt(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close()),
  });
};
