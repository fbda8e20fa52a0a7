/** A Worker that is never asked: it runs so that its bindings do. */
export default {
  fetch(): Response {
    return new Response(null, { status: 404 });
  },
};
