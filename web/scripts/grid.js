// Edits a list of a register in its table, as in a spreadsheet: data-grid holds the address below which rows are saved
// ("/staff/registers/trees/rows/"). Arrow keys move, Enter or typing edits, Escape takes it back, a paste fills cells to the right and
// below. Every cell goes through the same POST as the form, with the revision of its row: the server decides, and what it refuses
// stays in its cell with the reason.

class Grid {
  constructor(box) {
    this.box = box;
    this.words = box.dataset;
    this.table = box.querySelector('table');
    this.heads = new Map([...this.table.querySelectorAll('thead th[data-column]')].map((head) => [head.dataset.column, head]));
    this.queue = Promise.resolve();
    this.tools();
  }

  tools() {
    const line = document.createElement('div');
    line.className = 'grid-tools no-print';
    this.button = document.createElement('button');
    this.button.type = 'button';
    this.button.className = 'button button--small';
    this.button.setAttribute('aria-pressed', 'false');
    this.button.textContent = this.words.start;
    this.button.addEventListener('click', () => (this.on ? this.stop() : this.start()));
    this.status = document.createElement('p');
    this.status.setAttribute('role', 'status');
    line.append(this.button, this.status);
    this.box.prepend(line);
    this.choices = document.createElement('div');
    line.after(this.choices);
    this.table.addEventListener('keydown', (event) => this.key(event));
    this.table.addEventListener('dblclick', (event) => this.on && this.edit(event.target.closest('[data-column]')));
    this.table.addEventListener('click', (event) => this.click(event));
    this.table.addEventListener('paste', (event) => this.paste(event));
    addEventListener('beforeunload', (event) => this.table.querySelector('.is-wrong, .is-changed, .grid-editor') && event.preventDefault());
  }

  rows() {
    return [...this.table.querySelectorAll('tbody tr[data-row]')];
  }
  cells(row) {
    return [...row.querySelectorAll('[data-column]')];
  }
  kind(cell) {
    return this.heads.get(cell.dataset.column)?.dataset.edit ?? '';
  }
  text(cell) {
    return (cell.querySelector('a') ?? cell).textContent.trim();
  }
  typed(cell) {
    return cell.dataset.wanted ?? cell.dataset.typed ?? this.text(cell);
  }
  put(cell, text) {
    (cell.querySelector('a') ?? cell).textContent = text;
  }

  start() {
    this.on = true;
    this.button.setAttribute('aria-pressed', 'true');
    this.button.textContent = this.words.end;
    this.status.textContent = this.words.help;
    this.table.setAttribute('role', 'grid');
    for (const row of this.rows())
      for (const cell of this.cells(row)) {
        cell.tabIndex = -1;
        cell.setAttribute('role', cell.tagName === 'TH' ? 'rowheader' : 'gridcell');
        if (!this.kind(cell)) cell.setAttribute('aria-readonly', 'true');
        for (const link of cell.querySelectorAll('a')) link.tabIndex = -1;
      }
    this.go(this.table.querySelector('tbody [data-column]'));
  }

  stop() {
    this.close(true);
    this.on = false;
    this.button.setAttribute('aria-pressed', 'false');
    this.button.textContent = this.words.start;
    this.table.removeAttribute('role');
    for (const cell of this.table.querySelectorAll('tbody [data-column]')) {
      for (const name of ['tabindex', 'role', 'aria-readonly']) cell.removeAttribute(name);
      for (const link of cell.querySelectorAll('a')) link.removeAttribute('tabindex');
    }
  }

  go(cell) {
    if (!cell) return;
    for (const other of this.table.querySelectorAll('[data-column][tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  }

  move(cell, down, right) {
    const rows = this.rows();
    const row = rows.indexOf(cell.closest('tr'));
    const column = this.cells(rows[row]).indexOf(cell);
    const next = rows[Math.min(Math.max(row + down, 0), rows.length - 1)];
    const cells = this.cells(next);
    this.go(cells[Math.min(Math.max(column + right, 0), cells.length - 1)]);
  }

  click(event) {
    if (!this.on) return;
    const cell = event.target.closest('tbody [data-column]');
    if (!cell || event.target.closest('.grid-editor')) return;
    if (event.target.closest('a')) event.preventDefault();   // the row is opened with Ctrl+Enter while the table is edited
    this.go(cell);
  }

  key(event) {
    const cell = event.target.closest('[data-column]');
    if (!this.on || !cell || !cell.closest('tbody')) return;
    if (event.target.classList.contains('grid-editor')) return this.editorKey(event, cell);
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e6], End: [0, 1e6], PageUp: [-10, 0], PageDown: [10, 0] };
    if (event.key in steps && !event.altKey) {
      event.preventDefault();
      this.move(cell, ...steps[event.key]);
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      const link = cell.closest('tr').querySelector('a');
      if (link) location.assign(link.href);
    } else if (event.key === 'Enter' || event.key === 'F2') {
      event.preventDefault();
      this.edit(cell);
    } else if (event.key === 'Delete' && this.kind(cell)) {
      event.preventDefault();
      this.save(cell.closest('tr'), new Map([[cell, '']]));
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && this.kind(cell)) {
      event.preventDefault();
      this.edit(cell, event.key);
    }
  }

  editorKey(event, cell) {
    if (event.isComposing) return;   // Enter that ends a conversion is not the end of the cell
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close(false);
      this.go(cell);
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      event.preventDefault();
      this.close(true);
      if (event.key === 'Enter') this.move(cell, event.shiftKey ? -1 : 1, 0);
      else this.move(cell, 0, event.shiftKey ? -1 : 1);
    }
  }

  edit(cell, first) {
    if (!cell || !this.kind(cell) || cell.querySelector('.grid-editor')) return;
    const head = this.heads.get(cell.dataset.column);
    const editor = this.kind(cell) === 'choice' ? this.list(head, cell, first) : this.line(cell, first);
    editor.className = 'grid-editor';
    editor.setAttribute('aria-label', head.textContent.trim());
    this.kept = [...cell.childNodes];
    cell.replaceChildren(editor);
    editor.focus();
    if (editor instanceof HTMLInputElement && first === undefined) editor.select();
    editor.addEventListener('blur', () => this.close(true));
  }

  line(cell, first) {
    const editor = document.createElement('input');
    editor.type = 'text';
    editor.value = first ?? this.typed(cell);
    return editor;
  }

  list(head, cell, first) {
    const editor = document.createElement('select');
    const options = ['', ...JSON.parse(head.dataset.options ?? '[]')];
    for (const option of options) editor.add(new Option(option, option));
    const begins = first && options.find((option) => option.startsWith(first));
    editor.value = begins || this.typed(cell);
    return editor;
  }

  close(keep) {
    const editor = this.table.querySelector('.grid-editor');
    if (!editor) return;
    const cell = editor.closest('[data-column]');
    const value = editor.value;
    const before = this.typed(cellBefore(this.kept, cell));
    cell.replaceChildren(...this.kept);
    if (keep && value !== before) this.save(cell.closest('tr'), new Map([[cell, value]]));
  }

  paste(event) {
    const start = event.target.closest('[data-column]');
    if (!this.on || !start || event.target.classList.contains('grid-editor')) return;
    event.preventDefault();
    const lines = event.clipboardData.getData('text/plain').replace(/\r?\n$/, '').split(/\r?\n/).map((line) => line.split('\t'));
    const rows = this.rows();
    const top = rows.indexOf(start.closest('tr'));
    const left = this.cells(rows[top]).indexOf(start);
    lines.forEach((line, i) => {
      const row = rows[top + i];
      if (!row) return;
      const cells = this.cells(row);
      const changes = new Map();
      line.forEach((value, j) => {
        const cell = cells[left + j];
        if (cell && this.kind(cell) && value !== this.typed(cell)) changes.set(cell, value);
      });
      if (changes.size > 0) this.save(row, changes);
    });
  }

  /** Rows are saved one after the other: the revision of the first save is the base of the second. */
  save(row, changes) {
    for (const [cell, value] of changes) {
      cell.dataset.wanted = value;
      cell.classList.add('is-changed');
      this.put(cell, value);
    }
    this.queue = this.queue.then(() => this.send(row, changes)).catch(() => this.say(this.words.failed));
  }

  say(text) {
    this.status.textContent = text;
  }

  async send(row, changes) {
    this.say(this.words.saving);
    const body = new URLSearchParams({ csrf: this.words.csrf, revision: row.dataset.revision });
    for (const [cell, value] of changes) body.append(`c.${cell.dataset.column}`, value);
    const answer = await fetch(`${this.words.grid}${row.dataset.row}/cells`, { method: 'POST', body, headers: { Accept: 'application/json' } });
    const told = answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : {};
    if (answer.ok && told.row) return this.saved(row, changes, told.row);
    if (told.conflicts) return this.conflict(row, changes, told);
    for (const cell of changes.keys()) this.wrong(cell, told.errors?.find((e) => e.column === cell.dataset.column)?.message ?? '');
    this.say([this.words.failed, ...(told.errors ?? []).map((e) => e.message)].join(': '));
  }

  wrong(cell, message) {
    cell.classList.add('is-wrong');
    cell.setAttribute('aria-invalid', 'true');
    if (message) cell.title = message;
  }

  clean(cell) {
    delete cell.dataset.wanted;
    cell.classList.remove('is-wrong', 'is-changed');
    cell.removeAttribute('aria-invalid');
    cell.removeAttribute('title');
  }

  saved(row, changes, now) {
    for (const cell of changes.keys()) this.clean(cell);
    this.show(row, now);
    this.say(this.words.saved);
  }

  /** The row as the server has it now; what was typed and not saved yet stays. */
  show(row, now) {
    row.dataset.revision = now.revision;
    for (const cell of this.cells(row)) {
      const fresh = now.cells[cell.dataset.column];
      if (!fresh || 'wanted' in cell.dataset || cell.querySelector('.grid-editor')) continue;
      this.put(cell, fresh.text);
      if (fresh.typed === fresh.text) delete cell.dataset.typed;
      else cell.dataset.typed = fresh.typed;
    }
  }

  conflict(row, changes, told) {
    this.say(this.words.conflict);
    for (const one of told.conflicts) {
      const entry = [...changes].find(([cell]) => cell.dataset.column === one.column);
      if (!entry) continue;
      const [cell, value] = entry;
      this.wrong(cell, `${one.who}: ${one.theirs}`);
      this.ask(one, (mine) => {
        const others = new Map(changes);
        row.dataset.revision = told.row.revision;
        if (!mine) others.delete(cell), this.clean(cell);
        else others.set(cell, value);
        this.show(row, told.row);
        this.go(cell);
        if (others.size > 0) this.save(row, others);
      });
    }
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
    this.choices.append(box);
  }
}

/** The cell's text while its editor stands in it. */
function cellBefore(nodes, cell) {
  const copy = cell.cloneNode(false);
  copy.append(...nodes.map((node) => node.cloneNode(true)));
  return copy;
}

export function enhance(box) {
  new Grid(box);
}
