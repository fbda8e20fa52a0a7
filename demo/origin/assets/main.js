import { fetchDashboard, fetchSettings, readBootData } from './api.js';
import { PanelView } from './panel-view.js';
import { pollPanel } from './poll.js';
import { streamPanels } from './stream.js';

const boot = readBootData();

/** Asks for the dashboard, then feeds each panel from where its target says. */
async function start() {
  const views = new Map(
    boot.panelIds.map((id) => [id, new PanelView(document.querySelector(`[data-panel-id="${id}"]`))]),
  );
  const loaded = await fetchDashboard(boot.user.orgId);
  if (!loaded.ok) {
    for (const view of views.values()) view.stop(loaded.reason);
    return;
  }
  const panels = loaded.value.dashboard.panels.filter((panel) => views.has(panel.id));
  for (const panel of panels) views.get(panel.id).configure(panel);
  feed(panels, views, loaded.value.dashboard.uid);
}

function feed(panels, views, dashboardUid) {
  const context = { dashboardUid, orgId: boot.user.orgId };
  const streamed = panels.filter((panel) => panel.targets[0].channel);
  for (const panel of panels) if (!streamed.includes(panel)) pollPanel(panel, views.get(panel.id), context);
  if (streamed.length > 0) streamPanels(streamed, views, context);
}

/** The clock in the bar beats only while data arrives. */
function showPulse() {
  const pulse = document.getElementById('pulse');
  const clock = document.getElementById('clock');
  setInterval(() => {
    const live = document.querySelector('.panel[data-state="live"]') !== null;
    pulse.dataset.state = live ? 'live' : 'stopped';
    if (live) clock.textContent = new Date().toLocaleTimeString('en-GB');
  }, 1000);
}

async function showVersion() {
  const settings = await fetchSettings(boot.user.orgId);
  if (settings.ok)
    document.getElementById('version').textContent = `version ${settings.value.buildInfo.version}`;
}

showPulse();
showVersion();
start();
