const WINDOW_MILLISECONDS = 60 * 1000;
const RETRY_FIRST_MILLISECONDS = 2000;
const RETRY_MAX_MILLISECONDS = 30_000;

/**
 * Feeds the streamed panels from the WebSocket at `/api/live/ws`, and opens it again where it ends.
 * A browser sends neither headers of ours nor a referrer with the handshake, so the address names the organisation.
 */
export function streamPanels(panels, views, { orgId }) {
  const feeds = new Map(
    panels.map((panel) => [`${orgId}/${panel.targets[0].channel}`, openFeed(views.get(panel.id))]),
  );
  const address = `${location.origin.replace(/^http/, 'ws')}/api/live/ws?orgId=${orgId}`;
  connect(address, feeds, RETRY_FIRST_MILLISECONDS);
}

function connect(address, feeds, retry) {
  const socket = new WebSocket(address);
  let next = retry;
  socket.addEventListener('message', (event) => {
    next = RETRY_FIRST_MILLISECONDS;
    const { channel, pub } = JSON.parse(event.data).push;
    feeds.get(channel)?.add(pub.data.data.values);
  });
  socket.addEventListener('close', (event) => {
    for (const feed of feeds.values()) feed.end(explainClose(event));
    setTimeout(() => connect(address, feeds, Math.min(next * 2, RETRY_MAX_MILLISECONDS)), next);
  });
}

/** Gathers what arrives for one panel and shows the last minute of it. */
function openFeed(view) {
  const times = [];
  const values = [];
  return {
    add([newTimes, newValues]) {
      times.push(...newTimes);
      values.push(...newValues);
      const to = times.at(-1);
      while (times[0] < to - WINDOW_MILLISECONDS) {
        times.shift();
        values.shift();
      }
      view.show([times, values], { from: to - WINDOW_MILLISECONDS, to });
    },
    end: (reason) => view.stop(reason),
  };
}

/** 1006 is the browser's own: the connection broke, or the handshake was refused and it may not say how. */
function explainClose({ code, reason }) {
  if (code === 1006) return 'The live stream is closed: refused, or the connection broke.';
  return `The live stream was closed (${code}${reason ? `: ${reason}` : ''}).`;
}
