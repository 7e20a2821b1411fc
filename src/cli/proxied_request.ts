/** A request through the proxy to an origin of our own → whether the proxy passes it on, and counts it. */
import type { Diagnosis } from "./diagnosis.ts";

/** An answer comes from this machine; what takes longer is stuck. */
const ANSWER_TIMEOUT_MS = 5_000;
/** The workers tell the monitor what they counted every 50 ms. */
const COUNT_POLL_MS = 50;
const MAX_COUNT_POLLS = 20;
const GREETING = "Good day";

/** What is needed besides the proxy's URL. */
export interface ProxiedRequestOptions {
  /** `proxy_token`; undefined: none is asked for. */
  readonly token: string | undefined;
  /** Asks the monitor how many requests there were. */
  readonly requestCount: () => Promise<number>;
}

/** Starts an origin on loopback, asks it through the proxy at `url`, and says what came of it. */
export async function requestThroughProxy(
  url: string,
  { token, requestCount }: ProxiedRequestOptions,
): Promise<Diagnosis> {
  const check = "request";
  const origin = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(GREETING),
  );
  try {
    const before = await requestCount();
    const { status, text } = await ask(url, origin.addr.port, token);
    if (text !== GREETING) return refusal(status);
    for (let poll = 0; poll < MAX_COUNT_POLLS; poll++) {
      if (await requestCount() > before) {
        return { check, state: "ok", text: "a request through the proxy was answered and counted" };
      }
      await new Promise((resolve) => setTimeout(resolve, COUNT_POLL_MS));
    }
    return {
      check,
      state: "warning",
      text: "a request was answered, and the proxy did not see it",
    };
  } catch (error) {
    const isFailure = error instanceof TypeError || error instanceof DOMException;
    if (!isFailure) throw error;
    return {
      check,
      state: "failure",
      text: `${url} does not answer: ${error.message}`,
      remedy: "stop the monitor and start it again, its log says why",
    };
  } finally {
    await origin.shutdown();
  }
}

async function ask(
  url: string,
  port: number,
  token: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  using client = Deno.createHttpClient({
    proxy: {
      url,
      ...(token === undefined ? {} : { basicAuth: { username: "doctor", password: token } }),
    },
  });
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    client,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return { status: response.status, text: await response.text() };
}

/** An answer that is not the origin's: the proxy's own. */
function refusal(status: number): Diagnosis {
  const check = "request";
  return status === 403
    ? { check, state: "ok", text: "the proxy answers; the settings refuse 127.0.0.1" }
    : {
      check,
      state: "failure",
      text: `the proxy answered ${status} in place of the origin`,
      remedy: "look at its log",
    };
}
