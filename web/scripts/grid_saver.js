// Sends the cells of a grid to the server, one row after the other, and shows what became of them: saved, refused with the reason,
// or changed by somebody else meanwhile. What was typed stays in its cell until the server has taken it.

export class Saver {
  /** `words`: texts and addresses of the page (data-*); `view`: how the grid shows a row, its cells, and goes to one. */
  constructor(words, view) {
    this.words = words;
    this.view = view;
    this.queue = Promise.resolve();
    this.faulty = 0;
    this.undone = [];
    this.done = [];
    this.steps = new Map();   // of rows: what can be taken back once it is saved
    this.status = Object.assign(document.createElement('p'), { role: 'status' });
    this.asked = document.createElement('div');
    this.faults = Object.assign(document.createElement('ul'), { className: 'grid-faults', hidden: true });
  }

  say(text) {
    this.status.textContent = text;
  }

  /** `changes`: Map of cell -> typed text, all of one row. `journal`: where the step that takes it back is kept. */
  save(row, changes, journal = this.done) {
    const before = new Map([...changes.keys()].map((cell) => [cell, this.view.typed(cell)]));
    for (const [cell, value] of changes) {
      cell.dataset.wanted = value;
      cell.classList.add('is-changed');
      this.view.put(cell, value);
    }
    if (journal === this.done) this.undone = [];
    if (!row.dataset.row) return;
    this.steps.set(row, [...(this.steps.get(row) ?? []), { journal, step: { row, changes: before } }]);
    this.later(() => this.send(row));
  }

  later(work) {
    this.queue = this.queue.then(work).catch(() => this.say(this.words.failed));
    return this.queue;
  }

  /** All that was typed into a row that does not exist yet. */
  add(row) {
    if (!row.dataset.row) this.later(() => this.send(row));
  }

  undo() {
    this.back(this.done, this.undone);
  }
  redo() {
    this.back(this.undone, this.done);
  }
  back(from, to) {
    this.later(() => {   // behind what is still on its way
      const step = from.pop();
      if (!step?.row.isConnected) return this.say(this.words.nothing);
      const kept = this.undone;
      this.save(step.row, step.changes, to);
      this.undone = kept;
      this.view.go(step.changes.keys().next().value);
    });
  }

  /** Everything of a row that the server has not taken yet; a cell whose conflict is not decided waits. */
  async send(row) {
    const changes = new Map(this.view.cells(row).filter((cell) => 'wanted' in cell.dataset && !('asked' in cell.dataset)).map((cell) => [cell, cell.dataset.wanted]));
    if (changes.size === 0) return;
    this.say(this.words.saving);
    const body = new URLSearchParams({ csrf: this.words.csrf, revision: row.dataset.revision ?? '' });
    for (const [cell, value] of changes) body.append(`c.${cell.dataset.column}`, value);
    const address = row.dataset.row ? `${this.words.grid}${row.dataset.row}/cells` : this.words.add;
    const answer = await fetch(address, { method: 'POST', body, headers: { Accept: 'application/json' } });
    const told = answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : {};
    if (answer.ok && told.row) return this.saved(row, changes, told.row);
    if (told.conflicts) return this.conflict(row, changes, told);
    const errors = told.errors ?? [];
    const elsewhere = errors.filter((error) => ![...changes.keys()].some((cell) => cell.dataset.column === error.column && this.wrong(cell, error.message)));
    if (errors.length === 0) elsewhere.push({ message: told.detail ?? told.title ?? '' });
    this.say([this.words.failed, ...elsewhere.map((error) => error.message)].filter(Boolean).join(': '));
  }

  saved(row, changes, now) {
    for (const [cell, value] of changes) if (cell.dataset.wanted === value) this.clean(cell);
    for (const { journal, step } of this.steps.get(row) ?? []) journal.push(step);
    this.steps.delete(row);
    this.view.show(row, now);
    this.say(this.words.saved);
  }

  wrong(cell, message) {
    cell.classList.add('is-wrong');
    cell.setAttribute('aria-invalid', 'true');
    let line = document.getElementById(cell.getAttribute('aria-describedby') ?? '');
    if (!line) {
      line = Object.assign(document.createElement('li'), { id: `grid-fault-${++this.faulty}` });
      this.faults.append(line);
      cell.setAttribute('aria-describedby', line.id);
    }
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: message });
    button.addEventListener('click', () => this.view.go(cell));
    line.replaceChildren(button);
    this.faults.hidden = false;
    return true;
  }

  clean(cell) {
    delete cell.dataset.wanted;
    document.getElementById(cell.getAttribute('aria-describedby') ?? '')?.remove();
    this.faults.hidden = this.faults.children.length === 0;
    cell.classList.remove('is-wrong', 'is-changed');
    cell.removeAttribute('aria-invalid');
    cell.removeAttribute('aria-describedby');
  }

  conflict(row, changes, told) {
    this.say(this.words.conflict);
    for (const one of told.conflicts) {
      const cell = [...changes.keys()].find((c) => c.dataset.column === one.column);
      if (!cell) continue;
      cell.dataset.asked = '';
      cell.classList.add('is-wrong');
      this.ask(one, (mine) => {
        delete cell.dataset.asked;
        cell.classList.remove('is-wrong');
        if (!mine) this.clean(cell);
        row.dataset.revision = told.row.revision;   // theirs was seen: what they change from now on is a conflict again
        this.view.show(row, told.row);
        this.view.go(cell);
        this.later(() => this.send(row));
      });
    }
    const rest = [...changes.keys()].some((cell) => !('asked' in cell.dataset));
    if (rest) this.later(() => this.send(row));
  }

  ask(one, decide) {
    const box = document.createElement('div');
    box.className = 'notice notice--warning';
    box.setAttribute('role', 'alert');
    const says = document.createElement('p');
    says.textContent = `${this.words.conflict} (${one.who}, ${one.when}) ${one.label}: ${this.words.before} ${one.before}`;
    box.append(says);
    for (const [mine, word, value] of [[false, this.words.theirs, one.theirs], [true, this.words.mine, one.mine]]) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'button button--small';
      button.textContent = `${word}: ${value}`;
      button.addEventListener('click', () => {
        box.remove();
        decide(mine);
      });
      box.append(button, ' ');
    }
    this.asked.append(box);
  }
}
