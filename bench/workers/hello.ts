/** The least that a Worker can do: the yardstick of link verification. */
export default {
  fetch(): Response {
    return new Response('hello');
  },
};
