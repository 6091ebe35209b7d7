"use strict";
// The page of the planning service. It speaks to the interface that /v1/openapi.json describes, and loads nothing else.
// Texts of users reach the page as text nodes only; the page of a plan is shown in a frame that runs no script.

const $ = (id) => document.getElementById(id);
const MOST_MOVED = 30; // tasks that an answer lists
const MOST_CHOICES = 2000; // entries of a list to choose from
const FINAL = ["done", "cancelled", "interrupted", "failed"];
const SVG = "http://www.w3.org/2000/svg";
let token = sessionStorage.getItem("token");
let shown = null; // the job on the page
let instance = null; // its instance
let points = []; // its progress
let stream = null; // the reader of its events

// --- the interface ---

async function call(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.status === 401 && (await loggedIn())) return call(path, { method, body, signal });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).message || `${response.status} ${response.statusText}`);
  return response;
}

const json = async (path, options) => (await call(path, options)).json();

async function loggedIn() {
  const dialog = $("login");
  $("refused").hidden = !token;
  if (!dialog.open) dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  token = $("token").value;
  sessionStorage.setItem("token", token);
  return token !== "";
}

async function* eventsOf(id, signal) {
  const reader = (await call(`/v1/jobs/${id}/events`, { signal })).body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
      if (fields.data) yield { event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}

// --- small parts ---

function make(name, text = "", attributes = {}, ...children) {
  const found = document.createElement(name);
  if (text) found.textContent = text;
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

const number = (value, digits = 7) => new Intl.NumberFormat("en", { maximumSignificantDigits: digits }).format(value);
const signedText = (value) => `${value > 0 ? "+" : ""}${number(value)}`;
const money = (value, currency) => (value === null ? "unknown" : `${number(value)} ${currency}`);
const percent = (gap) => (gap === null ? "" : `gap ${number(100 * gap, 3)} %`);
const exact = (text) => (text === null ? null : text.split("/").map(Number).reduce((a, b) => a / b));

function tell(place, error) {
  place.hidden = !error;
  place.textContent = error ? error.message : "";
}

function fill(select, choices, first) {
  const entries = choices.slice(0, MOST_CHOICES).map((each) => make("option", each, { value: each }));
  select.replaceChildren(...(first ? [make("option", first, { value: "" })] : []), ...entries);
}

// --- the instance to solve ---

async function loadExamples() {
  for (const each of await json("/v1/examples")) {
    $("example").append(make("option", `${each.name}: ${each.what}`, { value: each.name }));
  }
}

$("example").addEventListener("change", async () => {
  if (!$("example").value) return;
  $("instance").value = await (await call(`/v1/examples/${$("example").value}`)).text();
  $("instance").dataset.format = "yaml";
  $("file").value = "";
});

$("file").addEventListener("change", async () => {
  const file = $("file").files[0];
  if (!file) return;
  $("instance").value = await file.text();
  $("instance").dataset.format = { json: "json", toml: "toml" }[file.name.split(".").pop()] || "yaml";
  $("example").value = "";
});

$("instance").addEventListener("input", () => delete $("instance").dataset.format);

function formatOf(text) {
  if (text.trimStart().startsWith("{")) return "json";
  return /^\s*(\[|[\w-]+\s*=)/m.test(text.split("\n").find((line) => line.trim() && !line.trim().startsWith("#")) || "") ? "toml" : "yaml";
}

$("solve").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("instance").value;
  const options = { time_limit: Number($("limit").value), gap: Number($("gap").value) / 100, certify: $("certify").checked };
  await submit({ instance: text, format: $("instance").dataset.format || formatOf(text), options });
});

async function submit(request) {
  const button = $("solve").querySelector("button.main");
  button.disabled = true;
  tell($("faults"));
  try {
    open(await json("/v1/jobs", { method: "POST", body: request }));
  } catch (error) {
    tell($("faults"), error);
  } finally {
    button.disabled = false;
  }
}

// --- the list of jobs ---

async function listJobs() {
  const jobs = await json("/v1/jobs");
  const questions = (job) => jobs.filter((each) => each.parent === job.id).reverse();
  const known = new Set(jobs.map((job) => job.id));
  const rows = [];
  const add = (job, question) => {
    rows.push(jobRow(job, question));
    questions(job).forEach((each) => add(each, true));
  };
  jobs.filter((job) => job.parent === null || !known.has(job.parent)).forEach((job) => add(job, false));
  $("jobs").replaceChildren(...rows);
  $("no-jobs").hidden = rows.length > 0;
  const health = await json("/v1/health");
  $("health").textContent = health.ending ? "the service is ending" : `${health.running} running, ${health.waiting} waiting`;
}

function jobRow(job, question) {
  const button = make("button", "", { type: "button", "aria-current": String(shown?.id === job.id), "data-job": job.id });
  const label = question ? { whatif: "what if", "why-not": "why not", "cost-of": "cost of" }[job.kind] : job.name;
  button.append(make("span", label), make("span", job.cost === null ? job.state : money(job.cost, job.currency), { class: "cost" }));
  button.append(make("span", [job.asked, job.cost === null ? "" : wordOf(job)].filter(Boolean).join(" · "), { class: "asked" }));
  button.addEventListener("click", () => open(job));
  return make("li", "", question ? { class: "question" } : {}, button);
}

const wordOf = (job) => (job.state === "done" ? job.status : job.state);

// --- a job ---

async function open(job) {
  stream?.abort();
  stream = new AbortController();
  const { signal } = stream;
  shown = job;
  points = [];
  instance = null;
  $("welcome").hidden = true;
  $("job").hidden = false;
  $("plan").hidden = $("ask").hidden = $("answer").hidden = true;
  $("answers").replaceChildren();
  tell($("question-fault"));
  location.hash = job.id;
  showJob(job);
  drawChart();
  await listJobs();
  try {
    await follow(job.id, signal);
  } catch (error) {
    if (!signal.aborted) tell($("fault"), error);
  }
}

async function follow(id, signal) {
  for await (const { event, data } of eventsOf(id, signal)) {
    if (signal.aborted) return;
    if (event === "progress") points.push(data);
    if (event === "job") showJob(data);
    requestAnimationFrame(drawChart);
  }
  const job = await json(`/v1/jobs/${id}`, { signal });
  showJob(job);
  drawChart();
  await listJobs();
  if (job.cost !== null && FINAL.includes(job.state)) await showPlan(job, signal);
}

function showJob(job) {
  if (job.id !== shown.id) return;
  shown = job;
  const final = FINAL.includes(job.state);
  $("name").textContent = job.name;
  $("asked").textContent = job.asked;
  $("state").textContent = wordOf(job);
  $("state").className = `badge ${wordOf(job)}`;
  $("cancel").hidden = final;
  $("again").hidden = !final || job.cost === null || job.status === "optimal";
  $("remove").hidden = !final;
  $("downloads").hidden = !final || job.cost === null;
  document.querySelector("[data-save=certificate]").hidden = !job.options.certify;
  $("notes").replaceChildren(...job.notes.map((note) => make("li", note)));
  tell($("fault"), job.fault);
  showResult();
}

function showResult() {
  const last = points[points.length - 1];
  const from = shown.cost === null && last ? last : shown;
  const words = [];
  if (shown.status === "infeasible") words.push("no plan exists, and this is proven");
  else if (from.cost !== null) {
    words.push(money(from.cost, shown.currency));
    words.push(shown.status === "optimal" ? "proven: no plan costs less" : `no plan costs less than ${money(from.bound, shown.currency)}`);
    if (from.gap) words.push(percent(from.gap));
  } else if (shown.state === "running") words.push("looking for a plan");
  else if (shown.state === "queued") words.push("waiting for its turn");
  if (shown.seconds) words.push(`${number(shown.seconds, 3)} s`);
  $("result").textContent = words.join(" · ");
}

async function showPlan(job, signal) {
  const frame = $("page");
  const html = await (await call(`/v1/jobs/${job.id}/page`, { signal })).text();
  $("plan").hidden = $("ask").hidden = false;
  frame.addEventListener("load", () => {
    const body = frame.contentDocument.documentElement;
    const fit = () => {
      frame.style.height = "0";
      frame.style.height = `${body.scrollHeight + 16}px`;
    };
    fit();
    body.querySelectorAll("details").forEach((each) => each.addEventListener("toggle", fit));
  }, { once: true });
  frame.srcdoc = html;
  instance = await json(`/v1/jobs/${job.id}/instance`, { signal });
  offerQuestions(await json(`/v1/jobs/${job.id}/plan`, { signal }));
  await showAnswers(job, signal);
}

$("cancel").addEventListener("click", async () => {
  $("cancel").disabled = true;
  await call(`/v1/jobs/${shown.id}/cancel`, { method: "POST" }).catch((error) => tell($("fault"), error));
  $("cancel").disabled = false;
});

$("again").addEventListener("click", async () => {
  const id = shown.id;
  const [text, plan] = [await (await call(`/v1/jobs/${id}/instance`)).text(), await json(`/v1/jobs/${id}/plan`)];
  await submit({ instance: text, format: "json", warm_start: plan, options: { time_limit: Number($("limit").value) } });
});

$("remove").addEventListener("click", async () => {
  stream.abort();
  await call(`/v1/jobs/${shown.id}`, { method: "DELETE" }).catch((error) => tell($("fault"), error));
  shown = null;
  $("job").hidden = true;
  $("welcome").hidden = false;
  history.replaceState(null, "", location.pathname);
  await listJobs();
});

document.querySelectorAll("[data-save]").forEach((button) =>
  button.addEventListener("click", async () => {
    const what = button.dataset.save;
    const response = await call(`/v1/jobs/${shown.id}/${what}`).catch((error) => tell($("fault"), error));
    if (!response) return;
    const link = make("a", "", { download: `${what}.${what === "page" ? "html" : "json"}` });
    link.href = URL.createObjectURL(await response.blob());
    link.click();
    URL.revokeObjectURL(link.href);
  }),
);

// --- the chart: cost of the best plan and bound, over time ---

function drawChart() {
  const svg = $("chart");
  const [width, height] = [svg.clientWidth || 800, 260];
  const box = { left: 64, right: width - 16, top: 22, bottom: height - 34 };
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  showResult();
  const known = points.filter((each) => each.cost !== null || each.bound !== null);
  if (!known.length) return;
  const lines = { cost: stepsOf(known, "cost"), bound: stepsOf(known, "bound") };
  const end = Math.max(...known.map((each) => each.seconds), 0.1);
  const [low, high] = range(lines);
  const x = (seconds) => box.left + (seconds / end) * (box.right - box.left);
  const y = (value) => box.bottom - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (box.bottom - box.top);
  axes(svg, box, end, low, high, x, y);
  const path = (steps) => steps.map((each, at) => `${at ? `H${x(each.seconds)}V` : `M${x(each.seconds)} `}${y(each.value)}`).join("") + `H${x(end)}`;
  if (lines.cost.length && lines.bound.length) svg.append(gapArea(lines, end, x, y));
  for (const [key, word] of [["cost", "best plan"], ["bound", "bound"]]) {
    if (!lines[key].length) continue;
    const kind = key === "cost" ? "plan" : "bound";
    svg.append(shape("path", { d: path(lines[key]), class: `${kind}-line` }));
    const last = lines[key][lines[key].length - 1].value;
    const at = Math.min(box.bottom - 6, Math.max(box.top + 12, y(last) + (key === "cost" ? -7 : 16)));
    svg.append(shape("text", { x: box.right - 4, y: at, "text-anchor": "end", class: `${kind}-text` }, `${word} ${number(last)}`));
  }
}

const stepsOf = (known, key) => known.filter((each) => each[key] !== null).map((each) => ({ seconds: each.seconds, value: each[key] }));

function range(lines) {
  // The ends count, not the first guesses: a first plan of ten times the cost would flatten all that follows.
  const ends = Object.values(lines).filter((each) => each.length).map((each) => each[each.length - 1].value);
  const all = Object.values(lines).flat().map((each) => each.value);
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max(6 * (last - first), 0.06 * Math.abs(last), 1e-6);
  const [low, high] = [Math.max(Math.min(...all), first - room), Math.min(Math.max(...all), last + room)];
  const margin = 0.12 * (high - low || room);
  return [low - margin, high + margin];
}

function axes(svg, box, end, low, high, x, y) {
  for (const value of ticks(low, high, 5)) {
    svg.append(shape("line", { x1: box.left, x2: box.right, y1: y(value), y2: y(value), class: "grid" }));
    svg.append(shape("text", { x: box.left - 8, y: y(value) + 4, "text-anchor": "end", class: "tick" }, number(value)));
  }
  for (const value of ticks(0, end, 8)) {
    svg.append(shape("text", { x: x(value), y: box.bottom + 17, "text-anchor": "middle", class: "tick" }, `${number(value)} s`));
  }
  svg.append(shape("text", { x: box.left - 56, y: 12, class: "tick" }, `cost in ${shown.currency}`));
  svg.append(shape("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "axis" }));
}

function gapArea(lines, end, x, y) {
  const begin = Math.max(lines.cost[0].seconds, lines.bound[0].seconds);
  const edge = (steps) => {
    const before = steps.filter((each) => each.seconds <= begin).pop();
    return [{ seconds: begin, value: before.value }, ...steps.filter((each) => each.seconds > begin)];
  };
  const stairs = (steps) => steps.flatMap((each, at) => [[x(each.seconds), y(each.value)], [x(steps[at + 1]?.seconds ?? end), y(each.value)]]);
  const outline = [...stairs(edge(lines.cost)), ...stairs(edge(lines.bound)).reverse()];
  return shape("polygon", { points: outline.map((each) => each.join(",")).join(" "), class: "gap-area" });
}

function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= raw) || 10);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}

function shape(name, attributes, text = "") {
  const found = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  if (text) found.textContent = text;
  return found;
}

new ResizeObserver(() => shown && drawChart()).observe($("chart"));

// --- questions ---

function places() {
  const pools = instance.pools;
  const of = (key) => pools.flatMap((pool) => Object.keys(pool[key] || {}).map((name) => [pool.id, name]));
  const capacity = of("capacity").map(([pool, name]) => `${pool}.${name}`);
  const kinds = pools.flatMap((pool) => [pool.nodes ?? []].flat().map((kind) => `${pool.id}.${kind.id || pool.id}`));
  const dated = (instance.tasks ?? []).flatMap((task) => ["deadline", "due", "release"].filter((key) => task[key]).map((key) => `tasks.${task.id}.${key}`));
  const names = ["pools", "quotas", "tasks", "services", "batches"].flatMap((key) => (instance[key] || []).map((each) => `${key}.${each.id}`));
  return {
    lose: [...capacity, ...kinds],
    set: [...of("price").map(([pool, name]) => `pools.${pool}.price.${name}`), ...capacity.map((each) => `pools.${each.replace(/\.([^.]*)$/, ".capacity.$1")}`), ...dated],
    remove: names,
  };
}

function addChange() {
  const row = make("div", "", { class: "change" });
  const action = make("select", "", { "aria-label": "kind of change" });
  for (const [value, word] of [["lose", "lose"], ["set", "set"], ["remove", "remove"]]) action.append(make("option", word, { value }));
  const list = `places-${$("changes").children.length}`;
  const place = make("input", "", { list, placeholder: "where", "aria-label": "place", required: "" });
  const value = make("input", "", { placeholder: "value", "aria-label": "value", required: "" });
  const choices = make("datalist", "", { id: list });
  const offer = () => {
    fill(choices, places()[action.value]);
    value.hidden = value.disabled = action.value === "remove";
    row.classList.toggle("remove", action.value === "remove");
    value.placeholder = action.value === "lose" ? "how many" : "value";
  };
  action.addEventListener("change", () => { place.value = ""; offer(); });
  row.append(action, place, value, choices);
  $("changes").append(row);
  offer();
}

function offerQuestions(plan) {
  $("changes").replaceChildren();
  addChange();
  const tasks = instance.tasks ?? [];
  const holders = [...tasks, ...(instance.services ?? [])];
  const teams = [...new Set(holders.map((each) => each.team).filter(Boolean))].map((team) => `team:${team}`);
  const deadlines = tasks.filter((task) => task.deadline).map((task) => `deadline:${task.id}`);
  // A task that repeats is a task for each of its days in the plan.
  fill($("why-not").task, [...new Set([...plan.tasks, ...plan.left_out].map((line) => line.id))].sort());
  fill($("why-not").pool, instance.pools.map((pool) => pool.id), "any pool");
  fill($("cost-of").subject, [...teams, ...holders.map((each) => each.id), ...deadlines]);
}

$("more").addEventListener("click", addChange);

const QUESTIONS = {
  whatif: () => {
    const question = { kind: "whatif", set: [], lose: [], remove: [] };
    for (const row of $("changes").children) {
      const [action, place, value] = [...row.children].slice(0, 3).map((each) => each.value.trim());
      question[action].push(action === "remove" ? place : `${place}=${value}`);
    }
    return question;
  },
  "why-not": () => {
    const given = new FormData($("why-not"));
    const instant = (key) => (given.get(key) ? `${given.get(key)}:00Z`.replace(/(:\d\d:\d\d):00Z$/, "$1Z") : null);
    return { kind: "why-not", task: given.get("task"), pool: given.get("pool") || null, option: given.get("option") || null, start: instant("start"), before: instant("before") };
  },
  "cost-of": () => ({ kind: "cost-of", subject: $("cost-of").subject.value }),
};

for (const kind of Object.keys(QUESTIONS)) {
  $(kind).addEventListener("submit", async (event) => {
    event.preventDefault();
    tell($("question-fault"));
    const parent = shown.id;
    const signal = stream.signal;
    try {
      const body = { question: QUESTIONS[kind](), options: { time_limit: Number($("seconds").value) } };
      const job = await json(`/v1/jobs/${parent}/questions`, { method: "POST", body });
      await answer(job, signal);
    } catch (error) {
      if (!signal.aborted) tell($("question-fault"), error);
    }
  });
}

async function answer(job, signal) {
  const place = make("div", "", { class: "answer", "data-job": job.id });
  const show = (found) => place.replaceChildren(make("h3", title(found)), make("p", `${wordOf(found)} …`, { class: "note" }));
  show(job);
  $("answers").prepend(place);
  listJobs();
  for await (const { event, data } of eventsOf(job.id, signal)) if (event === "job") show(data);
  place.replaceChildren(...(await answerParts(await json(`/v1/jobs/${job.id}`), signal)));
  await listJobs();
}

const title = (job) => `${{ whatif: "What if", "why-not": "Why not", "cost-of": "Cost of" }[job.kind]}: ${job.asked}`;

async function showAnswers(job, signal) {
  const asked = (await json("/v1/jobs", { signal })).filter((each) => each.parent === job.id && each.state === "done");
  for (const each of asked) {
    $("answers").append(make("div", "", { class: "answer", "data-job": each.id }, ...(await answerParts(each, signal))));
  }
  if (job.kind === "solve") return;
  $("answer").replaceChildren(...(await answerParts(job, signal)));
  $("answer").hidden = false;
}

async function answerParts(job, signal) {
  const parts = [make("h3", title(job))];
  if (job.fault) return [...parts, make("pre", job.fault.message, { class: "fault" })];
  if (!["done", "cancelled"].includes(job.state)) return [...parts, make("p", job.state, { class: "note" })];
  const found = await json(`/v1/jobs/${job.id}/answer`, { signal });
  if (job.cost === null) return [...parts, make("p", `there is no plan then: ${found.status}`, { class: "big" })];
  const word = job.kind === "cost-of" ? "It costs" : "Difference";
  parts.push(make("p", `${word}: ${interval(found.difference, found.currency, job.kind !== "cost-of")}`, { class: "big" }));
  parts.push(make("p", `now ${interval(found.before, found.currency)}; then ${interval(found.after, found.currency)}; ${otherwise(found.moved.reduce((sum, each) => sum + each.copies, 0))}`, { class: "note" }));
  if (found.moved.length) parts.push(movedTable(found));
  const button = make("button", "Show this plan", { type: "button" });
  button.addEventListener("click", () => open(job));
  return shown?.id === job.id ? parts : [...parts, button];
}

const otherwise = (tasks) => (tasks === 1 ? "1 task runs otherwise" : `${tasks} tasks run otherwise`);

function interval([low, high], currency, signed = false) {
  const text = (value, roundingMode) => new Intl.NumberFormat("en", { maximumFractionDigits: 6, roundingMode, signDisplay: signed ? "exceptZero" : "auto" }).format(exact(value));
  if (low === null && high === null) return "not known";
  if (low === null) return `at most ${text(high, "ceil")} ${currency}`;
  if (high === null) return `at least ${text(low, "floor")} ${currency}`;
  if (low !== high) return `${text(low, "floor")} to ${text(high, "ceil")} ${currency}`;
  const [above, below] = [...low.split("/"), "1"].map(BigInt);
  return `${text(low, "halfExpand")} ${currency}, exactly${(above * 1000000n) % below ? ` ${low}` : ""}`;
}

function movedTable(found) {
  const place = (at) => (at === null ? "does not run" : at.option === "not taken" ? "route not taken" : `${at.option} ${at.start.replace("T", " ").replace(/:00(\+00:00|Z)$/, "")}`);
  const task = (each) => (each.copies === 1 ? each.task : `${each.task} (${each.copies} copies)`);
  const rows = found.moved.slice(0, MOST_MOVED).map((each) =>
    make("tr", "", {}, make("td", task(each)), make("td", place(each.before)), make("td", place(each.after)), make("td", signedText(exact(each.difference)), { class: "money" })),
  );
  const heads = make("tr", "", {}, make("th", "task"), make("th", "now"), make("th", "then"), make("th", found.currency, { class: "money" }));
  const left = found.moved.length - rows.length;
  return make("div", "", { class: "wide" }, make("table", "", {}, make("thead", "", {}, heads), make("tbody", "", {}, ...rows)), ...(left > 0 ? [make("p", `and ${left} more`, { class: "note" })] : []));
}

// --- start ---

(async () => {
  await loadExamples();
  await listJobs();
  setInterval(() => document.visibilityState === "visible" && listJobs().catch(() => ($("health").textContent = "the service does not answer")), 5000);
  const id = location.hash.slice(1);
  if (/^[0-9a-f]+$/.test(id)) await json(`/v1/jobs/${id}`).then(open, () => null);
})();
