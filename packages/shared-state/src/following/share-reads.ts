/** The same read, for those who ask for the same while one is under way: many come back at once when a router goes away. */
export function shareReads<Question, Answer>(
  keyOf: (question: Question) => string,
  read: (question: Question) => Promise<Answer>,
): (question: Question) => Promise<Answer> {
  const running = new Map<string, Promise<Answer>>();
  return (question) => {
    const key = keyOf(question);
    const known = running.get(key);
    if (known) return known;
    const reading = read(question).finally(() => running.delete(key));
    running.set(key, reading);
    return reading;
  };
}
