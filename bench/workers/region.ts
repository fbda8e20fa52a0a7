let probes = 0;

/** An OnCall region that knows every key, or, with `KNOWS=nobody`, none; it counts the probes that it gets. */
export default {
  fetch(request: Request, env: { KNOWS?: string }): Response {
    const { pathname } = new URL(request.url);
    if (pathname === '/probes') return Response.json({ probes });
    if (pathname === '/oncall/api/v1/info/') probes += 1;
    if (env.KNOWS === 'nobody') return Response.json({ detail: 'Invalid token.' }, { status: 403 });
    return Response.json({
      count: 1,
      next: null,
      previous: null,
      results: [{ id: 'U1' }],
      url: 'https://stack.test',
    });
  },
};
