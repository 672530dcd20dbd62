'use strict';

/*
 * The page at `/`, for a person at three in the morning: what is wrong and what to do comes first. It asks /status
 * every two seconds and /history every ten. Everything is put in as text, never as markup.
 */

const STATUS_EVERY_MS = 2000;
const HISTORY_EVERY_MS = 10000;

let history = new Map();
/** Open parts of cards, by task and part: a redraw must not close them. */
const open = new Set();
let lastAnswerAt;

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...content.filter((one) => one !== undefined && one !== null));
  return made;
}

/* What is wrong, as the process itself judges it. */

function drawProblem({ level, what, where, next, at }) {
  return element(
    'section',
    `problem ${level}`,
    element('strong', '', what),
    at === null ? null : element('small', '', ` ${formatTime(at)}`),
    where === '' ? null : element('div', 'where', where),
    element('div', 'next', `→ ${next}`),
  );
}

/* One card. */

function figure(name, value, note) {
  return element(
    'div',
    'figure',
    element('span', 'name', name),
    element('span', 'value', value),
    element('span', 'note', note ?? ''),
  );
}

function drawFigures(task) {
  const { lag, rates, retention } = task;
  const transactions =
    lag.transactions === null ? '' : `${formatCount(lag.transactions)} transactions, `;
  const behind = lag.bytes === null ? '' : `${transactions}${formatBytes(lag.bytes)} behind`;
  return element(
    'div',
    'figures',
    figure('lag', formatSeconds(lag.seconds), behind),
    figure(
      'rows/s',
      formatCount(rates.rowsPerSecond),
      `${formatCount(rates.transactionsPerSecond)} transactions/s`,
    ),
    figure(
      'in flight',
      formatBytes(lag.bytesInFlight),
      lag.oldestSeconds === null ? 'nothing waits' : `oldest ${formatSeconds(lag.oldestSeconds)}`,
    ),
    figure(
      'source keeps it for',
      retention === null || retention.spareSeconds === null
        ? '–'
        : formatSeconds(retention.spareSeconds),
      'if nothing more were done',
    ),
  );
}

function drawCharts(task) {
  const past = history.get(task.name);
  if (past === undefined) return null;
  const { samples, stepSeconds } = past;
  return element(
    'div',
    'charts',
    chart({
      title: 'lag',
      points: samples.map(([at, lag]) => [at, lag]),
      stepSeconds,
      format: formatSeconds,
      className: 'lag',
    }),
    chart({
      title: 'rows/s',
      points: samples.map(([at, , rows]) => [at, rows]),
      stepSeconds,
      format: formatCount,
      className: 'rate',
    }),
  );
}

function drawPlace(task) {
  const list = element('dl', '');
  const row = (name, value) => {
    if (value !== null && value !== undefined)
      list.append(element('dt', '', name), element('dd', '', value));
  };
  row('done up to', task.position);
  row('binlog', task.coordinates);
  row('source', task.source.host);
  row(
    'its head',
    task.source.head === null
      ? null
      : `${task.source.head.coordinates} (${formatAge(task.source.head.at)})`,
  );
  row('checkpoint', task.checkpointAt === null ? null : formatAge(task.checkpointAt));
  row('first copy', describeCopy(task.snapshot));
  return list;
}

function describeCopy(snapshot) {
  if (snapshot === null) return null;
  const of = snapshot.rowsTotal === null ? '' : ` of about ${formatCount(snapshot.rowsTotal)}`;
  const tables = `${formatCount(snapshot.tablesDone)} of ${formatCount(snapshot.tables)} tables`;
  const done = `${snapshot.state}: ${tables}, ${formatCount(snapshot.rows)}${of} rows`;
  if (snapshot.state !== 'running') return done;
  const doing = snapshot.waitsFor === null ? snapshot.phase : `waiting: ${snapshot.waitsFor}`;
  const left = snapshot.secondsLeft === null ? '' : `, ${formatSeconds(snapshot.secondsLeft)} left`;
  const pace = `${formatCount(snapshot.rowsPerSecond)} rows/s, ${formatBytes(snapshot.bytesPerSecond)}/s`;
  return `${done}, ${pace}${left} (${doing})`;
}

function part(task, name, title, content) {
  if (content === null) return null;
  const key = `${task.name}/${name}`;
  const all = (one) => (Array.isArray(one) ? one : [one]);
  const details = element('details', '', element('summary', '', ...all(title)), ...all(content));
  details.open = open.has(key);
  details.addEventListener('toggle', () => {
    if (details.open) open.add(key);
    else open.delete(key);
  });
  return details;
}

function table(head, rows) {
  if (rows.length === 0) return null;
  const line = (cells, tag) => element('tr', '', ...cells.map((cell) => element(tag, '', cell)));
  const body = element('tbody', '', ...rows.map((cells) => line(cells, 'td')));
  return element(
    'div',
    'scroll',
    element('table', '', element('thead', '', line(head, 'th')), body),
  );
}

function drawTables(task) {
  const rows = task.tables
    .slice(0, 20)
    .map((one) => [
      one.table,
      formatCount(one.rowsPerSecond),
      formatCount(one.inserts),
      formatCount(one.updates),
      formatCount(one.deletes),
    ]);
  return table(['table', 'rows/s', 'inserted', 'updated', 'deleted'], rows);
}

function drawLetters({ deadLetters }) {
  const rows = deadLetters.latest.map((one) => [
    String(one.id),
    one.kind,
    one.table ?? '–',
    one.reason,
    formatTime(one.at),
  ]);
  return table(['id', 'kind', 'table', 'reason', 'when'], rows);
}

function drawPoll({ poll }) {
  if (poll === null) return null;
  const text =
    (poll.state === 'polling' ? 'At work: ' : 'Stepping back, the stream is at work: ') +
    `${formatCount(poll.rounds)} rounds, ${formatCount(poll.failedRounds)} not finished; the last one ` +
    `${formatAge(poll.lastRoundAt)}; ${formatCount(poll.rows)} rows, ${formatCount(poll.lateRows)} of them found by looking back` +
    (poll.error === null ? '' : `. ${poll.error}`);
  const rows = poll.tables.map((one) => [one.table, formatCount(one.rows), one.last ?? '–']);
  const unusable = poll.unusable.map((one) => [one.table, one.reason]);
  return element(
    'div',
    '',
    element('p', '', text),
    table(['table', 'rows', 'last key'], rows),
    table(['not polled', 'why'], unusable),
  );
}

function drawInspection({ inspection }) {
  if (inspection === null) return null;
  const text =
    `${formatCount(inspection.rounds)} rounds, ${formatCount(inspection.failedRounds)} not finished; the last one ` +
    `${formatAge(inspection.lastRoundAt)}: ${formatCount(inspection.rowsCompared)} rows compared, ${formatCount(inspection.differences)} differ`;
  const rows = inspection.differing.map((one) => [one.table, formatCount(one.differences)]);
  return element('div', '', element('p', '', text), table(['table', 'differences'], rows));
}

function drawCounts(task) {
  const rows = [
    ...Object.entries(task.sinks).flatMap(([sink, counters]) =>
      Object.entries(counters).map(([name, value]) => [`${sink} ${name}`, formatCount(value)]),
    ),
    ...Object.entries(task.source.dropped)
      .filter(([, value]) => value > 0)
      .map(([name, value]) => [`left out: ${name}`, formatCount(value)]),
    ...Object.entries(task.errors).map(([code, value]) => [`fault ${code}`, formatCount(value)]),
    ['retries', formatCount(task.retries)],
    ['reconnects to the source', formatCount(task.source.reconnects)],
  ];
  return table(['counter', 'value'], rows);
}

function drawButtons(task) {
  const button = (action, title) => {
    const made = element('button', '', title);
    made.type = 'button';
    made.addEventListener('click', () => ask(task, action, title));
    return made;
  };
  const buttons = [];
  if (task.state === 'paused' || task.state === 'failed') buttons.push(button('resume', 'Resume'));
  if (['streaming', 'polling', 'retrying'].includes(task.state))
    buttons.push(button('pause', 'Pause'));
  if (task.state === 'failed') buttons.push(button('skip', 'Skip the transaction'));
  return element('div', 'buttons', ...buttons);
}

function heading(task) {
  return [
    element('h2', '', task.name),
    element('span', `state ${task.state}`, task.state),
    element('small', '', `since ${formatTime(task.since)}`),
  ];
}

function drawTask(task) {
  return element(
    'article',
    isBad(task) ? 'bad' : '',
    element('div', 'heading', ...heading(task)),
    ...drawBody(task),
  );
}

/** One line, which opens: for a task that needs nobody, among many. */
function drawLine(task) {
  const figures = `lag ${formatSeconds(task.lag.seconds)}, ${formatCount(task.rates.rowsPerSecond)} rows/s`;
  const line = [...heading(task).slice(0, 2), element('small', '', figures)];
  const details = part(task, 'card', line, drawBody(task));
  details.firstChild.className = 'heading';
  return element('article', 'line', details);
}

function drawBody(task) {
  return [
    ...task.problems.map(drawProblem),
    drawFigures(task),
    drawCharts(task),
    drawPlace(task),
    part(task, 'tables', 'Tables by rate', drawTables(task)),
    part(
      task,
      'letters',
      `Dead letters (${formatCount(task.deadLetters.count)})`,
      drawLetters(task),
    ),
    part(task, 'inspection', 'Comparison of source and target', drawInspection(task)),
    part(task, 'counts', 'Counters', drawCounts(task)),
    drawButtons(task),
  ];
}

/* The whole. */

function isBad(task) {
  return task.problems.some(({ level }) => level === 'bad');
}

function worstFirst(tasks) {
  const levels = ['bad', 'warn', 'note'];
  const rank = (task) => {
    const found = task.problems.map(({ level }) => levels.indexOf(level));
    return Math.min(levels.length, ...found);
  };
  return [...tasks].sort((a, b) => rank(a) - rank(b));
}

/** With many tasks those that need nobody are a line each. */
function drawTasks(tasks) {
  const isFew = tasks.length <= 3;
  return worstFirst(tasks).map((task) =>
    isFew || task.problems.length > 0 ? drawTask(task) : drawLine(task),
  );
}

function drawVerdict(tasks) {
  const bad = tasks.filter(isBad);
  const verdict = document.querySelector('#verdict');
  const names = bad.map(({ name }) => name).join(', ');
  verdict.className = bad.length === 0 ? 'good' : 'bad';
  verdict.textContent =
    bad.length === 0
      ? `All is well: ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`
      : `Needs you: ${names}`;
  document.title = bad.length === 0 ? 'tailrace' : `(!) ${names} – tailrace`;
}

/** Somebody is copying a GTID: a redraw would take it away. */
function isSelecting() {
  const selection = document.getSelection();
  return (
    selection !== null &&
    !selection.isCollapsed &&
    document.querySelector('#tasks').contains(selection.anchorNode)
  );
}

async function drawStatus() {
  const verdict = document.querySelector('#verdict');
  try {
    const status = await (await fetch('status')).json();
    lastAnswerAt = new Date();
    drawVerdict(status.tasks);
    if (!isSelecting())
      document.querySelector('#tasks').replaceChildren(...drawTasks(status.tasks));
    document.querySelector('#about').textContent =
      `tailrace ${status.version}, pid ${status.pid}, since ${formatTime(status.startedAt)}; read ${lastAnswerAt.toLocaleTimeString()}`;
  } catch {
    verdict.className = 'bad';
    const since = lastAnswerAt === undefined ? '' : ` since ${lastAnswerAt.toLocaleTimeString()}`;
    verdict.textContent = `The process does not answer${since}. On its machine: systemctl status tailrace`;
  }
}

async function drawHistory() {
  try {
    const { tasks } = await (await fetch('history')).json();
    history = new Map(tasks.map((task) => [task.name, task]));
  } catch {
    // The status says that nobody answers.
  }
}

/* Asking for something: who may is told by the token, which stays in this tab. */

const asked = { task: '', action: '' };
const token = element('input', '');
token.type = 'password';
token.autocomplete = 'off';
document.querySelector('#ask-token-row').append(token);

function ask(task, action, title) {
  asked.task = task.name;
  asked.action = action;
  document.querySelector('#ask-title').textContent = `${title}: ${task.name}`;
  document.querySelector('#ask-text').textContent =
    action === 'skip' && task.error !== null ? `${task.error.code}: ${task.error.message}` : '';
  document.querySelector('#ask-reason-row').hidden = action !== 'skip';
  document.querySelector('#ask-answer').textContent = '';
  document.querySelector('#ask').showModal();
}

async function send() {
  const answer = document.querySelector('#ask-answer');
  try {
    const response = await fetch(`tasks/${asked.task}/${asked.action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.value.trim()}` },
      body: JSON.stringify({ reason: document.querySelector('#ask-reason').value }),
    });
    const text = await response.text();
    answer.textContent = response.ok ? 'Done.' : text;
  } catch {
    answer.textContent = 'The process does not answer.';
  }
}

async function keepDrawing() {
  await drawHistory();
  await drawStatus();
  document.querySelector('#ask-do').addEventListener('click', send);
  setInterval(drawStatus, STATUS_EVERY_MS);
  setInterval(drawHistory, HISTORY_EVERY_MS);
}

keepDrawing();
