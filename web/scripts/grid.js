// Edits a list of a register in its table, as in a spreadsheet: data-grid holds the address below which rows are saved
// ("/staff/registers/trees/rows/"), data-add the one for new rows. Arrow keys move, with Shift they mark; Enter or typing edits, Escape
// takes it back; copy, paste, Delete, Ctrl+D (fill down), Ctrl+Z and Ctrl+Y work on what is marked. Every row goes through the same checks
// as the form, with the revision that was seen: the server decides, and what it refuses stays in its cell with the reason.
import { cellsOf, textOf } from './grid_clipboard.js';
import { Editor } from './grid_editor.js';
import { Range } from './grid_range.js';
import { Saver } from './grid_saver.js';

const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e6], End: [0, 1e6], PageUp: [-10, 0], PageDown: [10, 0] };

class Grid {
  constructor(box) {
    this.box = box;
    this.words = box.dataset;
    this.table = box.querySelector('table');
    this.heads = new Map([...this.table.querySelectorAll('thead th[data-column]')].map((head) => [head.dataset.column, head]));
    this.range = new Range(this.table);
    this.saver = new Saver(this.words, this);
    this.editor = new Editor(this);
    this.tools();
    this.listen();
  }

  tools() {
    const line = document.createElement('div');
    line.className = 'grid-tools no-print';
    const button = (text, click) => {
      const made = Object.assign(document.createElement('button'), { type: 'button', className: 'button button--small', textContent: text });
      made.addEventListener('click', click);
      line.append(made);
      return made;
    };
    this.button = button(this.words.start, () => (this.on ? this.stop() : this.start()));
    this.button.setAttribute('aria-pressed', 'false');
    if (this.words.add) {
      this.adder = button(this.words.newRow, () => this.go(this.cells(this.newRow())[0]));
      this.adder.hidden = true;
    }
    line.append(this.saver.status);
    this.box.prepend(line);
    line.after(this.saver.asked, this.saver.faults);
    this.help = Object.assign(document.createElement('p'), { className: 'field__hint no-print', textContent: this.words.help, hidden: true });
    line.after(this.help);
  }

  listen() {
    const when = (name, act) => this.table.addEventListener(name, (event) => this.on && act(event));
    when('keydown', (event) => this.key(event));
    when('dblclick', (event) => this.editor.open(event.target.closest('tbody [data-column]')));
    when('mousedown', (event) => this.press(event));
    when('mouseover', (event) => event.buttons === 1 && this.dragging && this.extend(event.target.closest('tbody [data-column]')));
    when('click', (event) => event.target.closest('tbody a') && event.preventDefault());   // the row is opened with Ctrl+Enter while the table is edited
    when('copy', (event) => this.copy(event));
    when('cut', (event) => this.copy(event) && this.erase());
    when('paste', (event) => this.paste(event));
    when('focusout', (event) => this.left(event));
    addEventListener('beforeunload', (event) => this.table.querySelector('[data-wanted], .grid-editor') && event.preventDefault());
  }

  rows() {
    return Range.rowsOf(this.table);
  }
  cells(row) {
    return Range.cellsOf(row);
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
    this.help.hidden = false;
    if (this.adder) this.adder.hidden = false;
    this.table.setAttribute('role', 'grid');
    this.table.setAttribute('aria-multiselectable', 'true');
    for (const row of this.rows()) this.prepare(row);
    this.go(this.table.querySelector('tbody [data-column]'));
  }

  prepare(row) {
    for (const cell of this.cells(row)) {
      cell.tabIndex = -1;
      cell.setAttribute('role', cell.tagName === 'TH' ? 'rowheader' : 'gridcell');
      if (!this.kind(cell)) cell.setAttribute('aria-readonly', 'true');
      for (const link of cell.querySelectorAll('a')) link.tabIndex = -1;
    }
  }

  stop() {
    this.editor.close(true);
    for (const row of this.rows()) this.saver.add(row);
    this.on = false;
    this.range.clear();
    this.button.setAttribute('aria-pressed', 'false');
    this.button.textContent = this.words.start;
    this.help.hidden = true;
    if (this.adder) this.adder.hidden = true;
    this.table.removeAttribute('role');
    this.table.removeAttribute('aria-multiselectable');
    for (const cell of this.table.querySelectorAll('tbody [data-column]')) {
      for (const name of ['tabindex', 'role', 'aria-readonly']) cell.removeAttribute(name);
      for (const link of cell.querySelectorAll('a')) link.removeAttribute('tabindex');
    }
  }

  /** An empty row below the others; it is sent when the focus leaves it. */
  newRow() {
    const body = this.table.querySelector('tbody:last-of-type') ?? this.table.appendChild(document.createElement('tbody'));
    const row = body.insertRow();
    row.dataset.row = '';
    if (this.words.numbered) row.append(Object.assign(document.createElement('th'), { scope: 'row' }));
    for (const [name, head] of this.heads) {
      const cell = document.createElement('td');
      cell.dataset.column = name;
      cell.className = head.className;
      row.append(cell);
    }
    if (this.words.states) row.insertCell();
    this.box.querySelector('.table__empty')?.remove();
    this.prepare(row);
    return row;
  }

  /** The row as the server has it now; what was typed and not saved yet stays. */
  show(row, now) {
    if (row.dataset.row === '') {
      row.dataset.row = now.number;
      const name = row.querySelector('th:not([data-column])');
      if (name) name.append(Object.assign(document.createElement('a'), { href: now.href, textContent: now.number, tabIndex: -1 }));
      if (this.words.states) row.lastElementChild.textContent = now.state;
    }
    row.dataset.revision = now.revision;
    for (const cell of this.cells(row)) {
      const fresh = now.cells[cell.dataset.column];
      if (!fresh || 'wanted' in cell.dataset || cell.querySelector('.grid-editor')) continue;
      this.put(cell, fresh.text);
      if (fresh.typed === fresh.text) delete cell.dataset.typed;
      else cell.dataset.typed = fresh.typed;
    }
  }

  go(cell, extend = false) {
    if (!cell) return;
    for (const other of this.table.querySelectorAll('[data-column][tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    this.range.set(cell, extend);
  }

  extend(cell) {
    if (cell && cell !== this.range.head) this.go(cell, true);
  }

  move(cell, down, right, extend = false) {
    const rows = this.rows();
    const row = rows.indexOf(cell.closest('tr'));
    const column = this.cells(rows[row]).indexOf(cell);
    const next = rows[Math.min(Math.max(row + down, 0), rows.length - 1)];
    const cells = this.cells(next);
    this.go(cells[Math.min(Math.max(column + right, 0), cells.length - 1)], extend);
  }

  press(event) {
    const cell = event.target.closest('tbody [data-column]');
    if (!cell || event.target.closest('.grid-editor') || event.button !== 0) return;
    event.preventDefault();   // no marking of text: cells are marked
    this.editor.close(true);
    this.dragging = true;
    addEventListener('mouseup', () => (this.dragging = false), { once: true });
    this.go(cell, event.shiftKey);
  }

  key(event) {
    const cell = event.target.closest('tbody [data-column]');
    if (!cell) return;
    if (event.target.classList.contains('grid-editor')) return this.editor.key(event, cell);
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    const act = command ? this.command(event, cell) : this.plain(event, cell);
    if (!act) return;
    event.preventDefault();
    act();
  }

  plain(event, cell) {
    if (event.altKey) return null;
    if (event.key in steps) return () => this.move(cell, ...steps[event.key], event.shiftKey);
    if (event.key === 'Enter' || event.key === 'F2') return () => this.editor.open(cell);
    if (event.key === 'Delete' || event.key === 'Backspace') return () => this.erase();
    if (event.key === 'Escape') return () => this.range.set(cell);
    return event.key.length === 1 && this.kind(cell) ? () => this.editor.open(cell, event.key) : null;
  }

  command(event, cell) {
    const key = event.key.toLowerCase();
    if (key === 'enter') return () => this.open(cell);
    if (key === 'z' && event.shiftKey) return () => this.saver.redo();
    if (key === 'z') return () => this.saver.undo();
    if (key === 'y') return () => this.saver.redo();
    if (key === 'd') return () => this.fillDown();
    if (key === 'a') return () => this.all();
    if (key === 'home') return () => this.move(cell, -1e6, -1e6, event.shiftKey);
    if (key === 'end') return () => this.move(cell, 1e6, 1e6, event.shiftKey);
    return null;
  }

  open(cell) {
    const link = cell.closest('tr').querySelector('a[href]');
    if (link) location.assign(link.href);
  }

  all() {
    const rows = this.rows();
    this.range.set(this.cells(rows[0])[0]);
    this.go(this.cells(rows.at(-1)).at(-1), true);
  }

  /** A row that is being added is sent when the focus leaves it. */
  left(event) {
    const row = event.target.closest('tr[data-row=""]');
    if (row && event.relatedTarget && !row.contains(event.relatedTarget)) this.saver.add(row);
  }

  /** Rows of cells with their new texts; only cells that can be edited and change. */
  write(rows) {
    for (const changes of rows) {
      const wanted = new Map(changes.filter(([cell, value]) => this.kind(cell) && value !== this.typed(cell)));
      if (wanted.size > 0) this.saver.save(wanted.keys().next().value.closest('tr'), wanted);
    }
  }

  erase() {
    this.write(this.range.rows().map((cells) => cells.map((cell) => [cell, ''])));
  }

  /** The first marked row goes into those below; one cell alone takes what stands above it. */
  fillDown() {
    let rows = this.range.rows();
    if (rows.length === 1) {
      const all = this.rows();
      const above = all[all.indexOf(rows[0][0].closest('tr')) - 1];
      if (!above) return;
      rows = [rows[0].map((cell) => this.cells(above)[this.cells(cell.closest('tr')).indexOf(cell)]), ...rows];
    }
    const [first, ...below] = rows;
    this.write(below.map((cells) => cells.map((cell, i) => [cell, this.typed(first[i])])));
  }

  copy(event) {
    if (event.target.classList.contains('grid-editor')) return false;
    event.preventDefault();
    event.clipboardData.setData('text/plain', textOf(this.range.rows().map((cells) => cells.map((cell) => this.typed(cell)))));
    return true;
  }

  paste(event) {
    const marked = this.range.rows();
    if (marked.length === 0 || event.target.classList.contains('grid-editor')) return;
    event.preventDefault();
    let given = cellsOf(event.clipboardData.getData('text/plain'));
    if (given.length === 1 && given[0].length === 1) given = marked.map((cells) => cells.map(() => given[0][0]));   // one value fills what is marked
    const rows = this.rows();
    const top = rows.indexOf(marked[0][0].closest('tr'));
    const left = this.cells(rows[top]).indexOf(marked[0][0]);
    const missing = top + given.length - rows.length;
    if (missing > 0 && !this.words.add) return this.saver.say(this.words.tooMany.replace('{rows}', missing));
    for (let i = 0; i < missing; i++) rows.push(this.newRow());
    this.write(given.map((line, i) => line.map((value, j) => [this.cells(rows[top + i])[left + j], value]).filter(([cell]) => cell)));
    if (given.length > 1) rows.slice(top, top + given.length).forEach((row) => this.saver.add(row));   // a single line may still be typed on
    this.go(marked[0][0]);
  }
}

export function enhance(box) {
  new Grid(box);
}
