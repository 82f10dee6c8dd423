// The only module that talks to the server: JSON requests and one event stream per person.

/** The server answered with an error; `message` is its sentence. */
export class Refused extends Error {}

/** The server did not answer at all. */
export class Gone extends Error {}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (cause) {
    throw new Gone("The playground server does not answer.", { cause });
  }
  let body = {};
  try {
    body = await response.json();
  } catch {
    body = { error: `The server answered ${response.status} without a reason.` };
  }
  if (!response.ok && !body.errors) throw new Refused(body.error ?? `The server answered ${response.status}.`);
  return body;
}

/** GET `/play/<path>`. */
export function get(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  return ask(`/play/${path}${search ? `?${search}` : ""}`, { cache: "no-store" });
}

/** POST `/play/<path>` with a JSON body. */
export function post(path, body = {}) {
  return ask(`/play/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Upload files as a person; answers the file objects. */
export async function upload(person, files) {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  const answer = await ask(`/play/upload?person=${encodeURIComponent(person)}`, { method: "POST", body: form });
  return answer.files;
}

/**
 * Listen as a person. `onEvent` gets each event, `onUp(again)` each connection (`again`: after a loss, so
 * that the caller fetches what it missed), `onDown` each loss. Answers a function that stops it.
 */
export function listen(person, { onEvent, onUp, onDown }) {
  let source = null;
  let timer = 0;
  let waits = 0;
  let seen = false;
  let stopped = false;
  const connect = () => {
    source = new EventSource(`/play/stream?person=${encodeURIComponent(person)}`);
    source.onopen = () => {
      waits = 0;
      onUp(seen);
      seen = true;
    };
    source.onmessage = (event) => onEvent(JSON.parse(event.data));
    source.onerror = () => {
      source.close();
      if (stopped) return;
      onDown();
      waits += 1;
      timer = setTimeout(connect, Math.min(300 * 2 ** waits, 4000));
    };
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source.close();
  };
}
