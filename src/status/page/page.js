'use strict';

/* The page at `/`: asks /status every two seconds and draws what it says. */

const EVERY_MS = 2000;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

function drawTask(task) {
  const article = element('article');
  const heading = element('h2', `${task.name} `);
  heading.append(element('span', task.state, `state ${task.state}`));
  const list = element('dl');
  const row = (name, value) => list.append(element('dt', name), element('dd', value ?? '–'));
  row('lag', task.lag.seconds === null ? '–' : `${task.lag.seconds.toFixed(1)} s`);
  row(
    'rate',
    `${task.rates.transactionsPerSecond} transactions/s, ${task.rates.rowsPerSecond} rows/s`,
  );
  row('position', task.position);
  row('source', task.source.host);
  article.append(heading, list);
  if (task.error !== null) {
    const { code, message, next } = task.error;
    const error = element('div', undefined, 'error');
    error.append(element('strong', code), element('div', message), element('div', next));
    article.append(error);
  }
  return article;
}

async function draw() {
  const main = document.querySelector('#tasks');
  try {
    const status = await (await fetch('status')).json();
    main.replaceChildren(...status.tasks.map(drawTask));
  } catch {
    main.replaceChildren(element('p', 'The process does not answer.'));
  }
}

draw();
setInterval(draw, EVERY_MS);
