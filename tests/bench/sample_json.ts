/** JSON as agents send and get it: a conversation in plain words, in which there is nothing to find. */

const WORDS =
  ("the model reads each file of the project and answers with a short plan before it changes " +
    "anything so that a person can follow what happens and why some tests failed while others passed")
    .split(" ");

/** Makes a conversation of exactly `length` bytes, ASCII; the same one each time. At least 100 bytes. */
export function jsonText(length: number): string {
  const head = '{"model":"example-large","stream":true,"messages":[';
  const tail = '"}]}';
  let text = head;
  let at = 0;
  const sentence = () => {
    const words = Array.from(
      { length: 40 },
      () => WORDS[(at = (at * 31 + 7) % 9_973) % WORDS.length],
    );
    return words.join(" ");
  };
  while (text.length + 600 < length) {
    text += `{"role":"user","content":"${sentence()}, and\\n${sentence()}"},`;
  }
  text += '{"role":"user","content":"';
  return text + "so ".repeat(length).slice(0, length - text.length - tail.length) + tail;
}
