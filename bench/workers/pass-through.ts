/** The least that a proxying Worker can do: the yardstick of a warm request. */
export default {
  fetch(request: Request, env: { ORIGIN_URL: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(`${env.ORIGIN_URL}${pathname}${search}`, request);
  },
};
