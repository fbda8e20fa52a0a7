const BODY = JSON.stringify({
  results: {
    A: {
      status: 200,
      frames: [
        {
          data: {
            values: [
              [1, 2, 3],
              [4, 5, 6],
            ],
          },
        },
      ],
    },
  },
});

/** An origin that answers at once, so that the gateway is what is measured. */
export default {
  fetch(): Response {
    return new Response(BODY, { headers: { 'Content-Type': 'application/json', 'X-Frame-Options': 'deny' } });
  },
};
