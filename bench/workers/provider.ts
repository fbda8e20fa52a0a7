/** A provider that gives everybody the same token, and says of everybody the same. */
export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === '/token')
      return Response.json({ access_token: 'opaque', token_type: 'bearer', expires_in: 3600 });
    return Response.json({
      sub: 'jane',
      login: 'jane',
      name: 'Jane Example',
      email: 'jane@example.com',
      role: 'Editor',
      groups: Array.from({ length: 200 }, (_, index) => `group-${index}`),
    });
  },
};
