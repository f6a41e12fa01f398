// Forms that ask the API: a form with data-api sends its fields as JSON, and follows the job that this may start.
// A name with a dot is a field of an object, a name that ends in [] one of a list; an empty field is left out.
// The form fires `answer` with the result as detail; without a listener that prevents the default, words say it.
"use strict";

/** The fields of a form as the API takes them. */
function fields(form, submitter) {
  const body = {};
  for (const field of form.elements) {
    const left = !field.name || (field.disabled && field !== submitter) || (["checkbox", "radio"].includes(field.type) && !field.checked);
    if (left || field.value === "" || (field.tagName === "BUTTON" && field !== submitter) || field.tagName === "OUTPUT") continue;
    const value = "json" in field.dataset ? JSON.parse(field.value) : field.type === "number" ? Number(field.value) : field.value;
    const path = field.name.split("."), last = path.pop();
    const within = path.reduce((object, name) => (object[name] ??= {}), body);
    if (last.endsWith("[]")) (within[last.slice(0, -2)] ??= []).push(value);
    else within[last] = value;
  }
  return body;
}

/** The answer of the API; what it refuses is an Error with its words. */
async function ask(address, method, body) {
  const sent = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(address, { method, ...sent });
  const answer = await response.json();
  if (response.ok) return { answer, isJob: response.status === 202 };
  const fields = (answer.errors ?? []).map(error => `${error.name}: ${error.detail}`);
  throw new Error([answer.detail, ...fields].join("; "));
}

/** A job when it has ended; `progress` is called at each change. The browser reconnects by itself. */
function follow(id, progress) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`/jobs/${id}/events`);
    events.addEventListener("progress", event => progress(JSON.parse(event.data)));
    events.addEventListener("end", event => { events.close(); resolve(JSON.parse(event.data)); });
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) reject(new Error(`The job cannot be followed; it goes on as /jobs/${id}.`));
    });
  });
}

/** What a form asks for, in the end: the answer, or the result of the job. */
async function result(form, submitter, say) {
  const method = form.dataset.method ?? "POST";
  const { answer, isJob } = await ask(form.dataset.api, method, method === "POST" && fields(form, submitter));
  if (!isJob) return answer;
  say("Waiting for a worker …");
  const job = await follow(answer.id, ({ progress, status }) =>
    say(status === "queued" ? "Waiting for a worker …" : `Working: ${progress.done} of ${progress.total} …`));
  if (job.status === "done") return job.result;
  throw new Error(job.failure ? job.failure.detail : `The job was ${job.status}.`);
}

for (const form of document.querySelectorAll("form[data-api]")) {
  form.addEventListener("submit", async event => {
    event.preventDefault();
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
    const output = form.querySelector("output"), buttons = form.querySelectorAll("button");
    const say = (text, ill = false) => { output.textContent = text; output.classList.toggle("bad", ill); };
    for (const button of buttons) button.disabled = true;
    say("Asking …");
    try {
      const detail = await result(form, event.submitter, say);
      if (form.dispatchEvent(new CustomEvent("answer", { detail, cancelable: true }))) {
        say(detail.kind === "run" && detail.exit_code !== 0 ? (detail.output.at(-1) ?? "It ended with an error.") : "Done. ", detail.exit_code > 0);
        const link = document.createElement("a");
        link.href = "";
        link.textContent = "Show the page anew";
        output.append(" ", link);
      }
    } catch (error) {
      say(error instanceof TypeError ? "The server does not answer." : error.message, true);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  });
}
