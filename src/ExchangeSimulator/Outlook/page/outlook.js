'use strict';
const $ = id => document.getElementById(id);
const pad = n => String(n).padStart(2, '0');
const day = d => `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
const local = d => `${day(d)}T${pad(d.getHours())}:${pad(d.getMinutes())}`;
const plus = (d, days) => new Date(d.getFullYear(), d.getMonth(), d.getDate() + days);
const words = text => text.split(/[,;]/).map(w => w.trim()).filter(w => w);

let monday = mondayOf(new Date());
let shown = '';
let editing = null;

function mondayOf(d) { return plus(d, -((d.getDay() + 6) % 7)); }

async function call(path, method = 'GET', body) {
  const token = sessionStorage.getItem('control-token');
  const headers = token ? { 'X-Control-Token': token } : {};
  if (body) headers['Content-Type'] = 'application/json';
  const response = await fetch('/outlook/api/' + path, { method, headers, body: body && JSON.stringify(body) });
  if (response.status === 401) {
    const given = prompt('Control token');
    if (given) { sessionStorage.setItem('control-token', given); return call(path, method, body); }
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail || problem.title || `The server answered ${response.status}.`);
  }
  return response.status === 204 ? null : response.json();
}

function show(id, message) {
  $(id).textContent = message || '';
  $(id).hidden = !message;
}

const box = () => encodeURIComponent($('mailbox').value);

async function refresh() {
  if (!$('mailbox').value) return;
  try {
    const to = plus(monday, 7);
    const items = await call(`${box()}/calendar?from=${monday.toISOString()}&to=${to.toISOString()}`);
    show('error', '');
    const key = $('mailbox').value + monday + JSON.stringify(items);
    if (key === shown) return;
    shown = key;
    draw(items);
  } catch (e) { show('error', e.message); }
}

// All-day items are dates in the zone they were made in; shown by that date they never slip by a day.
function spans(item) {
  const start = new Date(item.start), end = new Date(item.end);
  if (!item.isAllDay) return { start, end };
  const noon = new Date(start.getTime() + 12 * 3600e3), days = Math.max(1, Math.round((end - start) / 86400e3));
  const first = plus(noon, 0);
  return { start: first, end: plus(first, days) };
}

function draw(items) {
  $('range').textContent = `${day(monday)} to ${day(plus(monday, 6))}`;
  const week = $('week');
  const focused = document.activeElement && document.activeElement.dataset.id;
  week.replaceChildren();
  for (let i = 0; i < 7; i++) {
    const date = plus(monday, i), next = plus(date, 1);
    const column = document.createElement('section');
    column.className = 'day' + (day(date) === day(new Date()) ? ' now' : '');
    column.dataset.testid = 'day-' + day(date);
    const title = document.createElement('h3');
    title.textContent = date.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
    column.append(title);
    items.map(item => ({ item, ...spans(item) }))
      .filter(x => x.start < next && x.end > date)
      .sort((a, b) => a.start - b.start)
      .forEach(x => column.append(tile(x)));
    week.append(column);
  }
  if (focused) { const again = [...week.querySelectorAll('.item')].find(b => b.dataset.id === focused); if (again) again.focus(); }
}

function tile({ item, start, end }) {
  const button = document.createElement('button');
  button.className = `item ${item.showAs || ''}${item.isCancelled ? ' cancelled' : ''}`;
  button.dataset.testid = 'item';
  button.dataset.id = item.id;
  const time = document.createElement('span');
  time.className = 'time';
  time.textContent = item.isAllDay ? 'All day' : `${pad(start.getHours())}:${pad(start.getMinutes())} to ${pad(end.getHours())}:${pad(end.getMinutes())}`;
  const subject = document.createElement('span');
  subject.className = 'subject';
  subject.textContent = item.subject || '(no subject)';
  if (item.masterId) button.dataset.series = item.masterId;
  const place = document.createElement('span');
  place.className = 'time';
  place.textContent = [item.masterId ? (item.calendarItemType === 'Exception' ? 'changed occurrence' : 'series') : '', item.location, item.isMeeting && !item.isOrganizer ? item.myResponse.replace('NoResponseReceived', 'not answered') : ''].filter(t => t).join(' · ');
  button.append(time, subject, place);
  button.onclick = () => open(item);
  return button;
}

function open(item) {
  editing = item;
  show('form-error', '');
  const mine = !item || !item.isMeeting || item.isOrganizer;
  const what = item && item.masterId ? ' (this occurrence)' : item && item.isRecurring ? ' (the series)' : '';
  $('dialog-title').textContent = item ? (mine ? 'Meeting' : 'Invitation') + what : 'New meeting';
  $('repeating').hidden = !!item;
  $('repeat').value = '';
  $('series').hidden = !item || !item.masterId;
  $('state').textContent = !item ? '' : item.isCancelled ? 'Cancelled by the organizer.' : item.isMeeting
    ? (mine ? item.attendees.map(a => `${a.name}: ${a.response}`).join(', ') : `Organizer ${item.organizer}, my answer: ${item.myResponse}`) : '';
  const soon = new Date(); soon.setMinutes(0, 0, 0); soon.setHours(soon.getHours() + 1);
  const base = item ? spans(item) : { start: soon, end: new Date(soon.getTime() + 3600e3) };
  $('subject').value = item ? item.subject || '' : '';
  $('start').value = local(base.start);
  $('end').value = local(base.end);
  $('allday').checked = !!item && item.isAllDay;
  $('location').value = item ? item.location || '' : '';
  $('required').value = item ? item.attendees.filter(a => a.list === 'required').map(a => a.address).join(', ') : '';
  $('showas').value = item ? item.showAs || 'Busy' : 'Busy';
  $('sensitivity').value = item ? item.sensitivity || 'Normal' : 'Normal';
  $('reminder').checked = !!item && item.reminderIsSet;
  $('minutes').value = item && item.reminderMinutes != null ? item.reminderMinutes : 15;
  $('categories').value = item ? item.categories.join(', ') : '';
  $('body').value = item ? (item.body || '').replaceAll('\r\n', '\n') : '';
  $('answers').hidden = mine || item.isCancelled;
  $('delete').hidden = !item;
  if (!$('dialog').open) $('dialog').showModal();
  $('subject').focus();
}

// The pattern that the start day stands for, as the element of the schema.
function recurrence(start) {
  const names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const month = start.toLocaleDateString('en-US', { month: 'long' });
  const pattern = {
    Daily: '<DailyRecurrence><Interval>1</Interval></DailyRecurrence>',
    Weekly: `<WeeklyRecurrence><Interval>1</Interval><DaysOfWeek>${names[start.getDay()]}</DaysOfWeek></WeeklyRecurrence>`,
    Monthly: `<AbsoluteMonthlyRecurrence><Interval>1</Interval><DayOfMonth>${start.getDate()}</DayOfMonth></AbsoluteMonthlyRecurrence>`,
    Yearly: `<AbsoluteYearlyRecurrence><DayOfMonth>${start.getDate()}</DayOfMonth><Month>${month}</Month></AbsoluteYearlyRecurrence>`,
  }[$('repeat').value];
  const first = `<StartDate>${day(start)}</StartDate>`, times = $('times').value;
  const range = times ? `<NumberedRecurrence>${first}<NumberOfOccurrences>${Number(times)}</NumberOfOccurrences></NumberedRecurrence>` : `<NoEndRecurrence>${first}</NoEndRecurrence>`;
  return `<Recurrence xmlns="http://schemas.microsoft.com/exchange/services/2006/types">${pattern}${range}</Recurrence>`;
}

// Only what was changed is sent, as Outlook does: an untouched field is never rewritten.
function edited() {
  const start = new Date($('start').value), end = new Date($('end').value);
  if (isNaN(start) || isNaN(end)) throw new Error('Start and end are needed.');
  const allDay = $('allday').checked;
  const all = {
    subject: $('subject').value,
    isAllDay: allDay,
    location: $('location').value,
    required: words($('required').value),
    showAs: $('showas').value,
    sensitivity: $('sensitivity').value,
    reminderIsSet: $('reminder').checked,
    reminderMinutes: Number($('minutes').value),
    categories: words($('categories').value),
    body: $('body').value,
  };
  // Dates of all-day items go without zone: the mailbox's own zone decides.
  all.start = allDay ? $('start').value.slice(0, 10) + 'T00:00:00' : start.toISOString();
  all.end = allDay ? day(plus(end, end.getHours() || end.getMinutes() || day(end) === day(start) ? 1 : 0)) + 'T00:00:00' : end.toISOString();
  if (!editing) {
    if ($('repeat').value) all.recurrenceXml = recurrence(start);
    for (const name of Object.keys(all)) if (all[name] === '' || (Array.isArray(all[name]) && !all[name].length)) delete all[name];
    return all;
  }
  const before = { ...editing, required: editing.attendees.filter(a => a.list === 'required').map(a => a.address) };
  const changes = {};
  const same = (a, b) => JSON.stringify(a ?? '') === JSON.stringify(b ?? '');
  for (const [name, value] of Object.entries(all)) {
    if (name === 'start' || name === 'end') continue;
    const old = name === 'body' ? (before.body || '').replaceAll('\r\n', '\n') : before[name];
    if (!same(value, old)) changes[name] = value;
  }
  const span = spans(editing);
  if ($('start').value !== local(span.start) || $('end').value !== local(span.end) || changes.isAllDay !== undefined) {
    changes.start = all.start;
    changes.end = all.end;
  }
  return changes;
}

async function run(action) {
  try {
    show('form-error', '');
    await action();
    $('dialog').close();
    await refresh();
  } catch (e) { show('form-error', e.message); }
}

$('form').onsubmit = e => {
  e.preventDefault();
  run(async () => {
    const changes = edited();
    if (!editing) await call(`${box()}/items`, 'POST', changes);
    else if (Object.keys(changes).length) await call(`${box()}/item?id=${encodeURIComponent(editing.id)}`, 'PATCH', changes);
  });
};
$('delete').onclick = () => run(() => call(`${box()}/item?id=${encodeURIComponent(editing.id)}`, 'DELETE'));
$('series').onclick = async () => {
  try { open(await call(`${box()}/item?id=${encodeURIComponent(editing.masterId)}`)); } catch (e) { show('form-error', e.message); }
};
$('cancel').onclick = () => $('dialog').close();
document.querySelectorAll('[data-answer]').forEach(b => {
  b.onclick = () => run(() => call(`${box()}/respond?id=${encodeURIComponent(editing.id)}&response=${b.dataset.answer}`, 'POST'));
});
$('new').onclick = () => open(null);
$('previous').onclick = () => { monday = plus(monday, -7); refresh(); };
$('next').onclick = () => { monday = plus(monday, 7); refresh(); };
$('today').onclick = () => { monday = mondayOf(new Date()); refresh(); };
$('mailbox').onchange = () => { location.hash = $('mailbox').value; refresh(); };

(async () => {
  try {
    const boxes = await call('mailboxes');
    for (const b of boxes) $('mailbox').add(new Option(`${b.displayName} (${b.address})`, b.address));
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (boxes.some(b => b.address === wanted)) $('mailbox').value = wanted;
  } catch (e) { show('error', e.message); }
  await refresh();
  setInterval(refresh, 1000);
})();
